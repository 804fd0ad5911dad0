#!/usr/bin/env bash
# A plugin in awk that loads no library: lines of JSON on its standard streams, between which and the
# others stands `sipc plugin`. It takes the numbers of the topic readings, answers count and mean, and
# publishes what is more than twice the mean on the topic outliers.
#
#   sipc plugin --service station -- station.sh      by itself; a host starts it without --service
set -euo pipefail

# The awk of Debian and Ubuntu looks at a line of a pipe only when it has 4 KiB, unless told not to.
awk=(awk)
if awk -W version 2>&1 < /dev/null | grep -q ^mawk; then awk+=(-W interactive); fi

exec "${awk[@]}" '
    # What is behind "name": up to the next comma or brace.
    function field(name,    rest) {
        rest = $0
        sub(".*\"" name "\":", "", rest)
        sub(/[,}].*/, "", rest)
        return rest
    }
    function say(line) { print line; fflush() }
    function answer(what) { say("{\"id\": " field("id") ", " what "}") }

    BEGIN {
        say("{\"methods\": [\"count\", \"mean\"]}")
        say("{\"subscribe\": \"readings\"}")
    }
    /"topic":"readings"/ {
        value = field("value") + 0
        if (n > 0 && value > 2 * sum / n) say("{\"publish\": \"outliers\", \"value\": " value "}")
        sum += value
        n++
    }
    /"method":"count"/ { answer("\"result\": " n + 0) }
    /"method":"mean"/ {
        if (n > 0) answer("\"result\": " sum / n)
        else answer("\"error\": {\"code\": 1, \"message\": \"no readings yet\"}")
    }
'
