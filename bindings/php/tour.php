<?php // Every pattern once, in one program; each part could be in a program of its own.

require __DIR__ . '/simpleipc.php';

// A queue: each message goes to one receiver.
SimpleIPC\send('tour.queue', 'hello');
$receiver = new SimpleIPC\Receiver('tour.queue');
echo "queue: {$receiver->receive(timeout: 20)->value()}\n";
try {
    $receiver->receive(timeout: 0);
} catch (SimpleIPC\Timeout) {
    echo "queue: nothing more\n";
}

// A topic: every subscriber gets every message. The frame is filled where it is read.
$subscriber = new SimpleIPC\Subscriber('tour.topic', timeout: 20);
$publisher = new SimpleIPC\Publisher('tour.topic');
$publisher->publish(42);
echo "topic: {$subscriber->receive()->value()}\n";
$frame = $publisher->loan('u8', [4, 6, 3], 'rgb8');
for ($index = 0; $index < count($frame); $index++) {
    $frame[$index] = 7;
}
$frame->put(captureTimeNs: SimpleIPC\now_ns());
$tensor = $subscriber->receive()->value();
echo 'topic: ', implode(' x ', $tensor->shape), " $tensor->format $tensor[0]\n";

// A state: the latest value, for whoever comes whenever.
$setter = new SimpleIPC\Setter('tour.state');
$watcher = new SimpleIPC\Watcher('tour.state', timeout: 20);
$setter->set(30);
$speed = $watcher->get();
echo "state: {$speed->value()}\n";
$isSet = $setter->setIf(31, $speed->sequence()); // false if somebody else has set it since
echo "state: {$watcher->receive()->value()} ", json_encode($isSet), "\n";

// A signal: something has happened.
$waiter = new SimpleIPC\Waiter('tour.signal');
SimpleIPC\notify('tour.signal');
echo "signal: {$waiter->wait(timeout: 20)}\n";

// A lock: one owner at a time, and free when it dies.
$lock = new SimpleIPC\Lock('tour.lock');
$lock->synchronized(function ($lock) {
    echo 'lock: died with it: ', json_encode($lock->abandonedPid), "\n";
}, timeout: 20);

// A service; `$server->on('add', fn ($a, $b) => $a + $b)` and `$server->serve()` are the usual way.
$server = new SimpleIPC\Server('tour.service');
$client = new SimpleIPC\Client('tour.service');
$call = $client->start('add', [1, 2]);
$request = $server->request(timeout: 20);
echo "service: $request->method ", json_encode($request->args), "\n";
$request->reply(array_sum($request->args));
echo "service: {$call->result(timeout: 20)}\n";
