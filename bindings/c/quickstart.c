/* cc quickstart.c $(pkg-config --cflags --libs simpleipc) && ./a.out */
#include <simpleipc.h>
#include <stdio.h>
int main(void) {
    sipc_message message = SIPC_MESSAGE_INIT;
    sipc_send_str("chat", "hello", NULL);
    sipc_receive("chat", -1, &message, NULL); /* in this program or in any other */
    printf("%.*s\n", (int)message.value.len, (const char *)message.value.data);
    sipc_release(&message);
}
