<?php

declare(strict_types=1);

/** The loaded library, and what can go wrong. */

namespace SimpleIPC;

/** What can go wrong. The number of a status tells its class, also of one added later. */
class Error extends \RuntimeException
{
    public function __construct(
        string $message,
        public readonly int $status = 0,
        public readonly int $osCode = 0,
    ) {
        parent::__construct($message, $status);
    }

    public static function of(int $status, int $osCode, string $message): self
    {
        $name = 'none';
        foreach (array_reverse(C::CLASSES, true) as $last => $class) {
            $name = $status <= $last ? $class : $name;
        }
        $kind = match (true) {
            $status === C::TIMEOUT => Timeout::class,
            $name === 'retry' => Retry::class,
            $name === 'gone' => Gone::class,
            $name === 'misuse' => Misuse::class,
            $name === 'corrupt' => Corrupt::class,
            $name === 'system' => SystemFailure::class,
            default => self::class,
        };
        return new $kind($message, $status, $osCode);
    }
}

/** Nothing is wrong; the same call may succeed later. */
class Retry extends Error
{
}

/** Nothing arrived within the time given. */
class Timeout extends Retry
{
}

/** The handle, or the message, is of no use any more. */
class Gone extends Error
{
}

/** The call cannot succeed as it stands; mend it. */
class Misuse extends Error
{
}

/** The channel's file is damaged, or of another version. */
class Corrupt extends Error
{
}

/** The operating system refused; osCode says why. */
class SystemFailure extends Error
{
}

/** What a server answers with when its program says no; a method throws one to do so. */
class ServiceError extends Misuse
{
    public function __construct(
        public readonly int $serviceCode,
        string $message,
        public readonly mixed $data = null,
    ) {
        parent::__construct($message, C::FAILED);
    }
}

/** Calls the functions of simpleipc.h. */
final class Library
{
    private const SLICE_NS = 1_000_000_000;

    public static \FFI $ffi;
    private static \FFI\CData $error;

    /** Before anything else is looked for in it, its ABI is compared. */
    public static function load(): void
    {
        $folder = getenv('SIPC_LIB_DIR');
        $path = ($folder === false ? '' : "$folder/") . 'libsimpleipc.so';
        $theirs = \FFI::cdef('uint32_t sipc_abi_version(void);', $path)->sipc_abi_version();
        if ($theirs !== C::ABI_VERSION) {
            $text = 'libsimpleipc speaks ABI ' . $theirs . ', this program ' . C::ABI_VERSION;
            throw new \RuntimeException($text);
        }
        $memory = 'const void *memmove(const char *to, const char *from, size_t count);';
        self::$ffi = \FFI::cdef(C::DECLARATIONS . $memory, $path);
        self::$error = self::$ffi->new('sipc_error');
        self::$error->size = \FFI::sizeof(self::$error);
    }

    /** Calls a function whose last argument is the error; throws unless its status is OK. */
    public static function call(string $function, mixed ...$arguments): void
    {
        self::check(self::status($function, ...$arguments));
    }

    /** Calls a function that puts in one call. */
    public static function put(string $function, string $name, mixed $value): void
    {
        $encoder = new Encoder(); // keeps what the struct points to
        self::call($function, self::name($name), $encoder->encode($value));
    }

    public static function status(string $function, mixed ...$arguments): int
    {
        return self::$ffi->{"sipc_$function"}(...[...$arguments, \FFI::addr(self::$error)]);
    }

    /** Throws unless a status is OK; of what was called with the error. */
    public static function check(int $status): void
    {
        if ($status !== C::OK) {
            $text = \FFI::string(self::$error->message);
            throw Error::of($status, self::$error->os_code, $text);
        }
    }

    /** Throws unless a status is OK; of what gives no sentence. */
    public static function checkBare(int $status): void
    {
        if ($status !== C::OK) {
            throw Error::of($status, 0, self::$ffi->sipc_status_text($status));
        }
    }

    /**
     * Calls a function again and again until its status is final, and answers or throws that;
     * `given` makes its arguments of the nanoseconds to try for. Between two tries, a second apart
     * at most, PHP runs handlers of signals.
     */
    public static function wait(
        string $function,
        int|float|null $timeout,
        array $handles,
        \Closure $given,
        int $accepted = C::OK,
    ): int {
        $limit = $timeout === null ? null : self::nanoseconds($timeout);
        $start = self::$ffi->sipc_now_ns();
        for (;;) {
            $spent = self::$ffi->sipc_now_ns() - $start;
            $left = $limit === null ? PHP_INT_MAX : max(0, $limit - $spent);
            $status = self::status($function, ...$given(min($left, self::SLICE_NS)));
            $isOver = match ($status) {
                C::INTERRUPTED => self::isInterrupted($handles),
                C::TIMEOUT, C::FULL => $left <= self::SLICE_NS,
                default => true,
            };
            if ($isOver) {
                if ($status !== $accepted) {
                    self::check($status);
                }
                return $status;
            }
        }
    }

    /** Seconds as nanoseconds. */
    public static function nanoseconds(int|float $seconds): int
    {
        if (!($seconds >= 0)) {
            throw new \ValueError('a timeout is 0 or more seconds, or null for ever');
        }
        $ns = $seconds * 1e9;
        return $ns < PHP_INT_MAX ? (int) round($ns) : PHP_INT_MAX;
    }

    /** Where the bytes of a string are, as long as it lives. */
    public static function address(string $data): \FFI\CData
    {
        return self::$ffi->memmove($data, '', 0);
    }

    /** A name, which FFI would cut off at a NUL. */
    public static function name(string $name): string
    {
        if (str_contains($name, "\0")) {
            throw new \ValueError('a name has a NUL in it');
        }
        return $name;
    }

    private static function isInterrupted(array $handles): bool
    {
        foreach ($handles as $handle) {
            if ($handle->takeInterrupt()) {
                return true;
            }
        }
        return false;
    }
}

Library::load();
