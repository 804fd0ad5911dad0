/* Takes three messages out of the queue "chat" and prints what kind each is. */
#include <inttypes.h>
#include <simpleipc.h>
#include <stdio.h>

int main(void)
{
    for (int i = 0; i < 3; i++) {
        sipc_error error = SIPC_ERROR_INIT;
        sipc_message message = SIPC_MESSAGE_INIT;
        if (sipc_receive("chat", -1, &message, &error) != SIPC_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        const sipc_value *value = &message.value;
        if (value->kind == SIPC_KIND_STR)
            printf("text: %.*s\n", (int)value->len, (const char *)value->data);
        if (value->kind == SIPC_KIND_INT) printf("int: %" PRId64 "\n", value->i);
        if (value->kind == SIPC_KIND_MAP) printf("map of %" PRIu64 " pairs\n", value->count);
        sipc_release(&message);
    }
    return 0;
}
