/* A viewer: looks at three frames of the topic "camera", where they are in memory. */
#include <simpleipc.h>
#include <stdio.h>

int main(void)
{
    sipc_error error = SIPC_ERROR_INIT;
    sipc_options options = SIPC_OPTIONS_INIT;
    sipc_channel *camera = NULL;
    options.flags = SIPC_OPTION_LATEST; /* old frames are of no use */
    int32_t status = sipc_open("camera", SIPC_ROLE_SUBSCRIBE, &options, &camera, &error);
    for (int i = 0; i < 3 && status == SIPC_OK; i++) {
        sipc_message message = SIPC_MESSAGE_INIT;
        status = sipc_take(camera, 10000000000, &message, &error); /* for at most 10 s */
        if (status != SIPC_OK) break;
        const sipc_value *frame = &message.value;
        const unsigned char *pixels = (const unsigned char *)frame->data;
        uint64_t column = 0;
        while (column < frame->shape[1] && pixels[3 * column] != 255) column++;
        printf("%d x %d %.*s, bright column %d\n", (int)frame->shape[1], (int)frame->shape[0],
               (int)frame->label_len, frame->label, (int)column);
        sipc_release(&message);
    }
    if (status != SIPC_OK) fprintf(stderr, "%s\n", error.message);
    sipc_close(camera);
    return status != SIPC_OK;
}
