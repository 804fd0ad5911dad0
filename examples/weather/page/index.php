<?php // The page of the weather station: what is known now, asked for again every second.

declare(strict_types=1);

require __DIR__ . '/weather.php';
require __DIR__ . '/map.php';

const TITLES = [
    'temperature' => 'Thermometers',
    'wind' => 'Wind vanes',
    'pressure' => 'Barometers',
];

/** Who of the station's programs is missing, and what that means. */
function notes(array $weather): Generator
{
    foreach (TITLES as $kind => $title) {
        if ($weather[$kind]['driver'] === null) {
            yield $kind => "$title are missing" . since($weather[$kind]['age'], 'the last reading');
        }
    }
    if ($weather['field']['solver'] === null) {
        yield 'field' => 'The solver is missing' . since($weather['field']['age'], 'the last map');
    }
}

function since(?float $age, string $what): string
{
    return $age === null ? '.' : sprintf(': %s came %.0f s ago.', $what, $age);
}

function card(string $name, array $site, array $missing): void
{
    echo '<article><h2>', htmlspecialchars($name), '</h2>';
    printf(
        '<p class="celsius %s">%s<small> &deg;C</small></p><dl>',
        old($missing, 'temperature'),
        isset($site['celsius']) ? sprintf('%.1f', $site['celsius']) : '&ndash;',
    );
    if (isset($site['speed'])) {
        $text = '<dt>Wind</dt><dd class="%s">%.1f m/s %s</dd>';
        printf($text, old($missing, 'wind'), $site['speed'], quarter($site['from']));
    }
    if (isset($site['hpa'])) {
        $text = '<dt>Pressure</dt><dd class="%s">%.1f hPa</dd>';
        printf($text, old($missing, 'pressure'), $site['hpa']);
    }
    echo '</dl>';
    spark($site['history'] ?? []);
    echo '</article>';
}

/** Where the wind comes from. */
function quarter(float $degrees): string
{
    return ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'][(int) round($degrees / 45) % 8];
}

/** The temperature of the last hours, as a line. */
function spark(array $history): void
{
    $points = [];
    $lowest = min([...$history, INF]);
    $height = max(max([...$history, -INF]) - $lowest, 1);
    foreach ($history as $k => $celsius) {
        $x = $k + HISTORY - count($history);
        $points[] = sprintf('%d %.1f', $x, 30 * ($lowest - $celsius) / $height);
    }
    echo '<svg class="spark" viewBox="0 -32 ', HISTORY, ' 34" preserveAspectRatio="none">';
    echo $points ? '<path d="M' . implode('L', $points) . '"/>' : '', '</svg>';
}

$weather = weather();
$missing = iterator_to_array(notes($weather));
header('Cache-Control: no-store');
?>
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Weather station</title>
<link rel="stylesheet" href="style.css">
<link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="1"></noscript>
<main>
<header>
    <h1>Weather station</h1>
    <?php if ($weather['minute'] !== null) { ?>
    <time><?= gmdate('H:i', 60 * $weather['minute']) ?></time>
    <?php } ?>
    <ul class="drivers">
    <?php foreach (TITLES + ['field' => 'Solver'] as $kind => $title) { ?>
        <li <?= isset($missing[$kind]) ? 'class="missing"' : '' ?>><?= $title ?></li>
    <?php } ?>
    </ul>
</header>
<ul class="notes">
<?php foreach ($missing as $note) { ?>
    <li><?= $note ?></li>
<?php } ?>
</ul>
<div class="columns">
    <section class="map"><?php map($weather, $missing); ?></section>
    <section class="sites">
    <?php foreach ($weather['sites'] as $name => $site) {
        card($name, $site, $missing);
    } ?>
    </section>
</div>
<footer>
    Made-up weather, 600 times as fast as outside. <a href="data.php">The same as JSON</a>
</footer>
</main>
<script>
setInterval(async () => {
    try {
        const text = await (await fetch(location.href)).text();
        const page = new DOMParser().parseFromString(text, "text/html");
        document.querySelector("main").replaceWith(page.querySelector("main"));
        document.documentElement.classList.remove("lost");
    } catch {
        document.documentElement.classList.add("lost");
    }
}, 1000);
</script>
</html>
