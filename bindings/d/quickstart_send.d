// Sends a few values; start it before or after quickstart_receive.
import ipc = simpleipc;

void main()
{
    ipc.send("chat", "hello");
    ipc.send("chat", 42);
    ipc.send("chat", ipc.Value.map("class", "cat", "score", 0.93));
}
