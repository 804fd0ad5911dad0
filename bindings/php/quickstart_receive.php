<?php // Prints what arrives; ends when nothing came for 2 seconds.

require __DIR__ . '/simpleipc.php';

foreach (new SimpleIPC\Receiver('chat', timeout: 2) as $message) {
    $value = $message->value();
    echo $value instanceof SimpleIPC\Map ? json_encode($value->toArray()) : $value, "\n";
}
