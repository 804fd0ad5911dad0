<?php // What the page shows, for programs.

declare(strict_types=1);

require __DIR__ . '/weather.php';

header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode(weather(), JSON_THROW_ON_ERROR), "\n";
