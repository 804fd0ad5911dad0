#!/bin/sh
# A plugin of the editor that loads no library: lines of JSON on its standard streams, between which
# and the editor stands `sipc plugin`. It sorts the lines of a text.
#
#   {"id":1,"method":"sort","args":["b\na"]}     gets the answer     {"id": 1, "result": "a\nb"}
set -eu
echo '{"methods": ["sort"]}'
while read -r call; do
    id=${call#*'"id":'}
    text=${call#*'"args":["'}
    # The text stays as JSON writes it; only its ends of lines, a backslash and an n, are looked at.
    sorted=$(printf '%s' "${text%'"]}'}" | awk '{ gsub(/\\n/, "\n"); print }' | LC_ALL=C sort |
        awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')
    printf '{"id": %s, "result": "%s"}\n' "${id%%,*}" "$sorted"
done
