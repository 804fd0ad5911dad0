#!/bin/sh
# A worker that does nothing but speak, for the tests of the runner. FAKE says what goes wrong.
for word in "$@"; do
    case $word in
    work=* | role=* | sizes=* | count=*) export "${word%%=*}=${word#*=}" ;;
    esac
done
case $FAKE in
refuses) echo "error such a thing is not supported"; exit 1 ;;
dies) echo "what it died of" >&2; exit 3 ;;
mute) sleep 60 ;;
esac
echo ready
read -r go
[ "$go" = go ] || { echo "error it was told $go"; exit 1; }
case $FAKE in
hangs) sleep 60 ;;
breaks) kill -9 $$ ;;
esac
verified=1
[ "$FAKE" = damages ] && verified=0
end=2000000000
[ "$FAKE" = loses ] && lost=1
for size in $(echo "$sizes" | tr , ' '); do
    case $work$role in
    streama | fanouta | producersa | queuea) echo "result size=$size start_ns=1000000000 count=100" ;;
    streamb | fanoutb) echo "result size=$size end_ns=$end count=$((100 - lost)) verified=$verified" ;;
    queueb) echo "result size=$size end_ns=$end count=25 sum=$((4950 / 4)) verified=$verified" ;;
    pingpongb) ;;
    idleb) echo "result cpu_ns=500 switches=3 seconds=0.5" ;;
    *) echo "result size=$size unit=ns p50=100 p99=200 verified=$verified" ;;
    esac
done
echo done
[ "$FAKE" = stays ] && sleep 60
read -r end_of_input
exit 0
