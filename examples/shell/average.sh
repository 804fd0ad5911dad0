#!/usr/bin/env bash
# A program in bash and awk that takes part without loading a library: it subscribes to a topic of
# numbers and publishes the average of the last three. One JSON value a line, both ways.
#
#   sipc publish temperature 20 21 25      prints on averages: 20, 20.5, 22
#
# Usage: average.sh FROM TO [COUNT]; ends after COUNT numbers.
set -euo pipefail
from=$1 to=$2 count=${3:-}

# The awk of Debian and Ubuntu looks at a line of a pipe only when it has 4 KiB, unless told not to.
awk=(awk)
if awk -W version 2>&1 < /dev/null | grep -q ^mawk; then awk+=(-W interactive); fi

sipc subscribe "$from" ${count:+--count "$count"} |
    "${awk[@]}" '{ last[NR % 3] = $1; sum = 0; n = 0
           for (i in last) { sum += last[i]; n++ }
           print sum / n; fflush() }' |
    sipc publish "$to"
