<?php // The map of the page, as SVG.

declare(strict_types=1);

require __DIR__ . '/picture.php';

const CELL = 2.5; // km

/** The map of the field, the sites over it, and what the colours mean. */
function map(array $weather, array $missing): void
{
    echo '<svg viewBox="0 0 180 120" role="img" aria-label="Map of the temperature">';
    field_layer($weather['field']['map']);
    echo '<path class="coast" d="M52 0C44 14 30 20 27 34S36 62 42 74S38 92 26 94S22 110 30 120"/>';
    foreach ($weather['sites'] as $name => $site) {
        $place = "translate($site[east] " . (120 - $site['north']) . ')';
        echo "<g class=\"site\" transform=\"$place\">";
        site_layer($name, $site, $missing);
        echo '</g>';
    }
    echo '</svg>';
    $stops = array_map(fn ($colour) => vsprintf('rgb(%d %d %d)', $colour), COLOURS);
    $gradient = 'linear-gradient(90deg,' . implode(',', $stops) . ')';
    echo "<div class=\"scale\" style=\"background:$gradient\"></div><div class=\"legend\">";
    for ($celsius = COLDEST; $celsius <= WARMEST; $celsius += 8) {
        echo "<span>$celsius&deg;C</span>";
    }
    echo '</div>';
}

/** The temperature in colours, with a line for each degree. */
function field_layer(?array $field): void
{
    if ($field === null) {
        return;
    }
    $picture = base64_encode(png($field));
    echo '<image width="180" height="120" preserveAspectRatio="none" ',
        "href=\"data:image/png;base64,$picture\"/><g transform=\"scale(" . CELL . ')">';
    $lowest = (int) ceil(min(array_map(min(...), $field)));
    $highest = max(array_map(max(...), $field));
    for ($level = $lowest; $level <= $highest; $level++) {
        echo '<path class="isotherm" d="', isotherm($field, $level), '"/>';
    }
    echo '</g>';
}

/** A site, with an arrow where its wind blows to and its name where the arrow is not. */
function site_layer(string $name, array $site, array $missing): void
{
    $above = cos(deg2rad($site['from'] ?? 180)) > 0;
    if (isset($site['speed'])) {
        $path = 'M0 -4V-' . (6 + $site['speed']) . 'm-1.6 1.8l1.6 -1.8l1.6 1.8';
        $text = '<path class="arrow %s" transform="rotate(%F)" d="%s"/>';
        printf($text, old($missing, 'wind'), $site['from'] + 180, $path);
    }
    echo '<circle r="1.7"/>';
    if (isset($site['celsius'])) {
        $text = '<text class="value %s" y="%F">%.1f&deg;</text>';
        printf($text, old($missing, 'temperature'), $above ? -8 : 8, $site['celsius']);
    }
    $text = '<text class="name" y="%F">%s</text>';
    printf($text, $above ? -3.6 : 12.4, htmlspecialchars($name));
}

/** The class of what is shown although nobody measures it any more. */
function old(array $missing, string $kind): string
{
    return isset($missing[$kind]) ? 'old' : '';
}
