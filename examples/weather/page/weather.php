<?php // What is known of the weather now: asked for by each request, kept by none.

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/simpleipc.php';

const KINDS = ['temperature', 'wind', 'pressure'];
const HISTORY = 60;

// snippet-begin
/** The last readings of one kind, the newest last, and who publishes them. */
function readings(string $kind): array
{
    $found = ['driver' => who("weather.$kind", 'publish'), 'age' => null, 'readings' => []];
    // A tap only looks on: nobody waits for this page, and nothing it does can harm the others.
    $topic = new SimpleIPC\Subscriber("weather.$kind", tap: true, history: HISTORY, timeout: 0);
    foreach ($topic as $message) {
        $found['age'] = (SimpleIPC\now_ns() - $message->publishTimeNs()) / 1e9;
        $found['readings'][] = array_map(fn ($site) => $site->toArray(), $message->value());
    }
    return $found;
}

/** The newest map of the solver, and who it is. */
function field(): array
{
    $found = ['solver' => who('weather.field', 'set'), 'age' => null, 'map' => null];
    try {
        $message = (new SimpleIPC\Watcher('weather.field'))->get(timeout: 0);
        $found['age'] = (SimpleIPC\now_ns() - $message->publishTimeNs()) / 1e9;
        $found['map'] = $message->value()->toArray();
    } catch (SimpleIPC\Timeout) {
        // There is none yet.
    }
    return $found;
}

/** The process that has a channel open for this, if there is one. */
function who(string $channel, string $role): ?int
{
    $peers = array_filter(SimpleIPC\peers($channel), fn ($peer) => $peer['role'] === $role);
    return $peers ? end($peers)['pid'] : null;
}
// snippet-end

/** All of it. */
function weather(): array
{
    $weather = ['field' => field(), 'sites' => [], 'minute' => null];
    foreach (KINDS as $kind) {
        $weather[$kind] = readings($kind);
        foreach ($weather[$kind]['readings'] as $reading) {
            foreach ($reading as $site) {
                $known = &$weather['sites'][$site['site']];
                $known = $site + ($known ?? []);
                if ($kind === 'temperature') {
                    $known['history'][] = $site['celsius'];
                }
                $weather['minute'] = max($weather['minute'], $site['minute']);
            }
        }
    }
    return $weather;
}
