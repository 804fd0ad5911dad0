// Prints what arrives; ends when nothing came for 2 seconds.
import core.time : seconds;
import std.stdio : writeln;
import ipc = simpleipc;

void main()
{
    scope receiver = new ipc.Receiver("chat");
    try
        for (;;)
            writeln(receiver.receive(2.seconds).value);
    catch (ipc.TimeoutException)
    {
    }
}
