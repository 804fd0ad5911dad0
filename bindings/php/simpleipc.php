<?php

declare(strict_types=1);

/**
 * Any program talks to any other program on this machine, in any language; README.md shows how.
 *
 * Timeouts are seconds; null waits for ever and 0 only tries. Times are nanoseconds of
 * CLOCK_MONOTONIC, the same in every process of the machine.
 */

namespace SimpleIPC;

require_once __DIR__ . '/simpleipc/generated.php';
require_once __DIR__ . '/simpleipc/library.php';
require_once __DIR__ . '/simpleipc/values.php';
require_once __DIR__ . '/simpleipc/codec.php';
require_once __DIR__ . '/simpleipc/message.php';
require_once __DIR__ . '/simpleipc/loan.php';
require_once __DIR__ . '/simpleipc/channels.php';
require_once __DIR__ . '/simpleipc/services.php';

// The one-call functions. Their channels stay open in this process; a forked child has its own.

/** Puts into a queue: one receiver gets it. Waits 5 seconds for room at most. */
function send(string $name, mixed $value): void
{
    Library::put('send', $name, $value);
}

/** Puts on a topic: all subscribers get it. */
function publish(string $name, mixed $value): void
{
    Library::put('publish', $name, $value);
}

/** Sets the value of a state, which stays. */
function set(string $name, mixed $value): void
{
    Library::put('set', $name, $value);
}

/** Takes a message out of a queue. */
function receive(string $name, int|float|null $timeout = null): Message
{
    return Message::taken('receive', Library::name($name), $timeout);
}

/** The value of a state, as it is now, as a message. */
function get(string $name, int|float|null $timeout = null): Message
{
    return Message::taken('get', Library::name($name), $timeout);
}

/** Says that something has happened. */
function notify(string $name): void
{
    Library::call('notify', Library::name($name));
}

/** Waits for notifications; how many there were since the last time. */
function wait(string $name, int|float|null $timeout = null): int
{
    $count = Library::$ffi->new('uint64_t');
    $name = Library::name($name);
    Library::wait('await', $timeout, [], fn (int $ns) => [$name, $ns, \FFI::addr($count)]);
    return $count->cdata;
}

/** Waits until one of several handles has something to take, and answers that one. */
function wait_any(array $handles, int|float|null $timeout = null): Channel
{
    $all = Library::$ffi->new('sipc_channel *[' . max(1, count($handles)) . ']');
    $handles = array_values($handles);
    foreach ($handles as $index => $handle) {
        $all[$index] = $handle->raw;
    }
    $found = Library::$ffi->new('uint32_t');
    $given = fn (int $ns) => [$all, count($handles), $ns, \FFI::addr($found)];
    Library::wait('wait', $timeout, $handles, $given);
    return $handles[$found->cdata];
}

/**
 * Who has a channel open now, of any pattern: a list of maps with pid, program, language, role,
 * since_ns and id.
 */
function peers(string $name, ?string $directory = null): array
{
    $message = new Message();
    $options = Channel::options($directory);
    $name = Library::name($name);
    Library::call('peers', $name, \FFI::addr($options), \FFI::addr($message->raw));
    return $message->value();
}

/** Says what this program is called, to those who look for peers; '' for its executable's name. */
function identify(string $program): void
{
    Library::call('identify', Library::name($program), 'php');
}

/** Describes one channel or all of a directory, as a list of arrays; changes nothing. */
function audit(?string $name = null, ?string $directory = null): array
{
    $needed = Library::$ffi->new('uint64_t');
    $text = null;
    $size = 0;
    for (;;) {
        Library::call('audit', $name, $directory, $text, $size, \FFI::addr($needed));
        if ($needed->cdata <= $size) {
            return json_decode(\FFI::string($text), true, 512, JSON_THROW_ON_ERROR);
        }
        $size = $needed->cdata;
        $text = Library::$ffi->new("char[$size]");
    }
}

/**
 * Removes what nobody uses; queues of which nobody has a handle only if their newest message is
 * older than so many seconds. How many channels.
 */
function clean(?string $directory = null, int|float $age_max = 86400): int
{
    $count = Library::$ffi->new('uint64_t');
    Library::call('clean', $directory, Library::nanoseconds($age_max), \FFI::addr($count));
    return $count->cdata;
}

/** The clock of all times. */
function now_ns(): int
{
    return Library::$ffi->sipc_now_ns();
}

/** The version of the library. */
function version(): string
{
    return Library::$ffi->sipc_version();
}

identify(preg_replace('/[^ -~]/', '?', basename($_SERVER['SCRIPT_FILENAME'] ?? '')));
