<?php // The map of the temperature as a picture, with lines of equal temperature over it.

declare(strict_types=1);

const COLDEST = -4.0;
const WARMEST = 28.0;
// From cold to warm, as red, green, blue.
const COLOURS = [[43, 58, 140], [63, 127, 193], [99, 183, 175], [201, 216, 138], [242, 193, 78],
    [232, 116, 59], [179, 38, 46]];

/** The colour of a temperature. */
function colour(float $celsius): array
{
    $part = min(max(($celsius - COLDEST) / (WARMEST - COLDEST), 0), 1) * (count(COLOURS) - 1);
    $index = min((int) $part, count(COLOURS) - 2);
    $mix = fn ($from, $to) => (int) round($from + ($to - $from) * ($part - $index));
    return array_map($mix, COLOURS[$index], COLOURS[$index + 1]);
}

/** A PNG, one pixel a cell, the north on top. */
function png(array $map): string
{
    $chunk = fn ($kind, $data) => pack('N', strlen($data)) . $kind . $data
        . pack('N', crc32($kind . $data));
    $pixels = '';
    foreach (array_reverse($map) as $row) {
        $pixels .= "\0"; // this row is not filtered
        foreach ($row as $celsius) {
            $pixels .= pack('C3', ...colour($celsius));
        }
    }
    $header = pack('N2C5', count($map[0]), count($map), 8, 2, 0, 0, 0); // 8 bits, RGB
    return "\x89PNG\r\n\x1a\n" . $chunk('IHDR', $header) . $chunk('IDAT', gzcompress($pixels))
        . $chunk('IEND', '');
}

/** The line of one temperature as the path of an SVG whose unit is a cell: marching squares. */
function isotherm(array $map, float $level): string
{
    $path = '';
    $top = count($map);
    for ($j = 1; $j < count($map); $j++) {
        for ($i = 1; $i < count($map[0]); $i++) {
            // The corners round the square, and where the line crosses the edges between them.
            $corners = [[$i - 1, $j - 1], [$i, $j - 1], [$i, $j], [$i - 1, $j]];
            $crossed = [];
            foreach ($corners as $k => [$x, $y]) {
                [$nextX, $nextY] = $corners[($k + 1) % 4];
                [$from, $to] = [$map[$y][$x] - $level, $map[$nextY][$nextX] - $level];
                if (($from < 0) !== ($to < 0)) {
                    $part = $from / ($from - $to);
                    $crossed[] = sprintf(
                        '%.2f %.2f',
                        $x + 0.5 + $part * ($nextX - $x),
                        $top - $y - 0.5 - $part * ($nextY - $y),
                    );
                }
            }
            foreach (array_chunk($crossed, 2) as [$start, $end]) {
                $path .= "M{$start}L{$end}";
            }
        }
    }
    return $path;
}
