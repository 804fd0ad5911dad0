/* A library of a later version, for src/later.rs: that of today, in which these functions have
 * another name, and these instead. Taking an int from 900 to 999 ends with the status that is so
 * many above 900. */
#include <simpleipc.h>

#include <stdio.h>

int32_t sipc_take_of_today(sipc_channel *channel, int64_t timeout_ns, sipc_message *message,
                           sipc_error *error);

const char *sipc_version(void) { return "later"; }

int32_t sipc_take(sipc_channel *channel, int64_t timeout_ns, sipc_message *message,
                  sipc_error *error)
{
    int32_t status = sipc_take_of_today(channel, timeout_ns, message, error);
    if (status != SIPC_OK || message->value.kind != SIPC_KIND_INT || message->value.i < 900 ||
        message->value.i > 999)
        return status;
    status = (int32_t)(message->value.i - 900);
    sipc_release(message);
    if (error != NULL) {
        error->status = status;
        snprintf(error->message, sizeof error->message, "a matter of a later version");
    }
    return status;
}
