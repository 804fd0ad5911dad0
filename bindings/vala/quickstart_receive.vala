// Prints what arrives; ends when nothing came for 2 seconds.

using SimpleIpc;

void main () {
    try {
        var chat = new Receiver ("chat");
        foreach (var message in chat.each (2 * TimeSpan.SECOND)) {
            print ("%s\n", value_to_string (message.value));
        }
    } catch (GLib.Error error) {
        printerr ("%s\n", error.message);
    }
}
