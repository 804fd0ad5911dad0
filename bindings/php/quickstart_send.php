<?php // Sends a few values; start it before or after quickstart_receive.php.

require __DIR__ . '/simpleipc.php';

SimpleIPC\send('chat', 'hello');
SimpleIPC\send('chat', 42);
SimpleIPC\send('chat', ['x' => 1.5, 'ok' => true, 'tags' => ['a', null]]);
