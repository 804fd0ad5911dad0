// Sends a few values; start it before or after QuickstartReceive.

import io.github.simpleipc.SimpleIpc;
import java.util.Map;

final class QuickstartSend {
    public static void main(String[] args) {
        SimpleIpc.send("chat", "hello");
        SimpleIpc.send("chat", 42);
        SimpleIpc.send("chat", Map.of("score", 0.93));
    }
}
