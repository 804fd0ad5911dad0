// Sends a few values; start it before or after quickstart_receive.

using SimpleIpc;

void main () {
    try {
        SimpleIpc.send ("chat", "hello");
        SimpleIpc.send ("chat", 42);
        var found = new ValueMap ();
        found["score"] = 0.93;
        SimpleIpc.send ("chat", found);
    } catch (GLib.Error error) {
        printerr ("%s\n", error.message);
    }
}
