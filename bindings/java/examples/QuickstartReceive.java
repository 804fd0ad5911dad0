// Prints what arrives; ends when nothing came for 2 seconds.

import io.github.simpleipc.Message;
import io.github.simpleipc.Options;
import io.github.simpleipc.Receiver;
import java.time.Duration;

final class QuickstartReceive {
    public static void main(String[] args) {
        Options options = new Options().timeout(Duration.ofSeconds(2));
        try (Receiver chat = new Receiver("chat", options)) {
            for (Message message : chat) {
                System.out.println(message.value());
            }
        }
    }
}
