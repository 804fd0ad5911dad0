<?php

declare(strict_types=1);

/** Runs the functions test_* of the files given; the last line is `<n> passed, <m> failed`. */

require_once __DIR__ . '/../simpleipc.php';

/** Seconds that are long enough on any machine. */
const SOON = 20;

function equal(mixed $wanted, mixed $found, string $what = ''): void
{
    if ($wanted !== $found) {
        $shown = fn (mixed $value) => var_export($value, true);
        throw new LogicException("$what: found {$shown($found)}, wanted {$shown($wanted)}");
    }
}

function isTrue(bool $found, string $what): void
{
    equal(true, $found, $what);
}

/** The error of a call that must fail. */
function failure(string $class, Closure $call, ?int $status = null): Throwable
{
    try {
        $call();
    } catch (Throwable $error) {
        if (!$error instanceof $class) {
            throw new LogicException("no $class but " . $error::class . ": {$error->getMessage()}");
        }
        equal($status ?? $error->status ?? null, $error->status ?? null, $error->getMessage());
        return $error;
    }
    throw new LogicException("no $class");
}

/** Waits until it is true. */
function eventually(Closure $isTrue): void
{
    $end = microtime(true) + SOON;
    while (!$isTrue()) {
        if (microtime(true) > $end) {
            throw new LogicException('it did not come to be');
        }
    }
}

/** A program that uses the library, given as lines of PHP; what it prints can be read. */
final class Program
{
    public readonly int $pid;
    private $process;
    private array $pipes = [];

    public function __construct(string $text)
    {
        $library = var_export(__DIR__ . '/../simpleipc.php', true);
        $command = [PHP_BINARY, '-r', "require $library; $text"];
        $this->process = proc_open($command, [1 => ['pipe', 'w']], $this->pipes);
        $this->pid = proc_get_status($this->process)['pid'];
    }

    public function line(): string
    {
        return rtrim((string) fgets($this->pipes[1]));
    }

    /** What is left of its output, and the signal that ended it. */
    public function end(): array
    {
        $rest = stream_get_contents($this->pipes[1]);
        do {
            $status = proc_get_status($this->process);
        } while ($status['running']);
        return [$rest, $status['termsig']];
    }

    /** Whether it sleeps in a futex. */
    public function sleeps(): bool
    {
        $call = strtok(file_get_contents("/proc/$this->pid/syscall"), ' ');
        return in_array($call, ['202', '449'], true);
    }
}

set_error_handler(fn (int $kind, string $text) => throw new LogicException($text));
foreach (array_slice($argv, 1) as $file) {
    require $file;
}
$counts = ['passed' => 0, 'failed' => 0];
foreach (get_defined_functions()['user'] as $test) {
    if (str_starts_with($test, 'test_')) {
        $complaint = null;
        try {
            $test();
        } catch (Throwable $error) {
            $complaint = $error->getMessage() . ' at ' . $error->getTraceAsString();
        }
        echo $complaint === null ? "ok $test\n" : "FAILED $test: $complaint\n";
        $counts[$complaint === null ? 'passed' : 'failed']++;
        unset($error);
    }
}
echo "$counts[passed] passed, $counts[failed] failed\n";
exit($counts['failed'] === 0 ? 0 : 1);
