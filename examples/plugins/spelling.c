/* A plugin of the editor, in C: it looks words up. It has a bug on purpose: where the dictionary
 * has no words of some length it has no shelf for them, and looks into it all the same. */
#include <simpleipc.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS_MAX = 32, UNKNOWN_MAX = 64 };

static const char *const short_words[] = {"a", NULL};
static const char *const words_of_2[] = {"as", NULL};
static const char *const words_of_3[] = {"and", "are", "dog", "fox", "not", "the", "too", NULL};
static const char *const words_of_4[] = {"does", "lazy", "long", "mind", "much", "over", NULL};
static const char *const words_of_5[] = {"brown", "jumps", "quick", "words", NULL};
static const char *const *const shelves[LETTERS_MAX] = {
    NULL, short_words, words_of_2, words_of_3, words_of_4, words_of_5,
};

static int is_known(const char *word, size_t letters)
{
    const char *const *shelf = shelves[letters % LETTERS_MAX];
    while (*shelf != NULL && strncmp(*shelf, word, letters) != 0) shelf++;
    return *shelf != NULL;
}

/* Answers with the list of the words that are not known. */
static void answer(sipc_message *request)
{
    const sipc_value *text = &request->value.items[1].items[0];
    const char *at = text->data, *end = at + text->len;
    sipc_value unknown[UNKNOWN_MAX], list = SIPC_VALUE_INIT;
    list.kind = SIPC_KIND_LIST;
    list.items = unknown;
    while (at < end) {
        const char *word = at;
        while (at < end && *at != ' ' && *at != '\n') at++;
        if (at > word && !is_known(word, (size_t)(at - word)) && list.count < UNKNOWN_MAX) {
            sipc_value *added = &unknown[list.count++];
            *added = list;
            added->kind = SIPC_KIND_STR;
            added->data = word;
            added->len = (uint64_t)(at - word);
        }
        at++;
    }
    sipc_reply(request, &list, 0, NULL);
}

int main(void)
{
    sipc_channel *server = NULL;
    sipc_error error = SIPC_ERROR_INIT;
    /* Without a name: the service that the editor has started it for. */
    int32_t status = sipc_open(NULL, SIPC_ROLE_SERVE, NULL, &server, &error);
    while (status == SIPC_OK) {
        sipc_message request = SIPC_MESSAGE_INIT;
        status = sipc_take(server, -1, &request, &error);
        if (status == SIPC_OK) answer(&request);
        sipc_release(&request);
    }
    fprintf(stderr, "%s\n", error.message);
    return 1;
}
