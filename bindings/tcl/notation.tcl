# The values of testing/interop as words, and as typed values of Tcl.

namespace eval notation {
    # The typed value of a word.
    proc parse {word} {
        variable rest $word
        read_value
    }

    # Up to the next separator; a colon is passed over.
    proc field {} {
        variable rest
        regexp {^([^:,\]\}]*):?(.*)$} $rest -> found rest
        return $found
    }

    proc items {end is_map} {
        variable rest
        set all {}
        while {[string index $rest 0] ne $end} {
            if {$is_map} {
                lappend all [lindex [read_value] 1] [read_value]
            } else {
                lappend all [read_value]
            }
            if {[string index $rest 0] eq ","} { set rest [string range $rest 1 end] }
        }
        set rest [string range $rest 1 end]
        if {[string index $rest 0] eq ":"} { set rest [string range $rest 1 end] }
        return $all
    }

    proc text {hex} { encoding convertfrom utf-8 [binary format H* $hex] }

    proc pattern {size seed} {
        set block {}
        for {set at 0} {$at < 251} {incr at} { lappend block [expr {($seed + $at) & 255}] }
        set block [binary format c* $block]
        string range [string repeat $block [expr {$size / 251 + 1}]] 0 $size-1
    }

    proc text_pattern {size seed} {
        set block ""
        for {set at 0} {$at < 23} {incr at} {
            append block [format %c [expr {97 + ($seed + $at) % 26}]]
        }
        string range [string repeat $block [expr {$size / 23 + 1}]] 0 $size-1
    }

    variable widths {
        bool 1 u8 1 i8 1 u16 2 i16 2 u32 4 i32 4 u64 8 i64 8 f16 2 f32 4 f64 8 c64 8 c128 16
    }

    proc read_value {} {
        variable rest
        variable widths
        set letter [string index $rest 0]
        set rest [string range $rest 1 end]
        switch -- $letter {
            n { return null }
            b { return [list bool [field]] }
            i { return [list int [field]] }
            u { return [list uint [field]] }
            d {
                binary scan [binary format H16 [field]] Q float
                return [list float $float]
            }
            s { return [list str [text [field]]] }
            x { return [list bytes [binary format H* [field]]] }
            "\[" { return [list list [items "\]" 0]] }
            "\{" { return [list map [items "\}" 1]] }
            o {
                set type [text [field]]
                return [list opaque [list $type [binary format H* [field]]]]
            }
            t - T {
                set dtype [field]
                set shape [split [field] x]
                set format [text [field]]
                set size [expr [join [list [dict get $widths $dtype] {*}$shape] *]]
                set data [field]
                set data [expr {$letter eq "t" ? [binary format H* $data] : [pattern $size $data]}]
                return [list tensor [list $dtype $shape $format $data]]
            }
            X { set size [field]; return [list bytes [pattern $size [field]]] }
            S { set size [field]; return [list str [text_pattern $size [field]]] }
        }
        error "there is no such value: $letter$rest"
    }

    proc hex {data} { binary encode hex $data }
    proc text_hex {text} { hex [encoding convertto utf-8 $text] }

    proc digest {data} {
        set size [string length $data]
        if {$size <= 64} { return [hex $data] }
        format "#%d:%08x" $size [zlib crc32 $data]
    }

    # The word of a typed value.
    proc print {typed} {
        lassign $typed kind content
        switch $kind {
            null { return n }
            bool { return b$content }
            int { return i$content }
            uint { return u$content }
            float { return d[hex [binary format Q $content]] }
            str { return s[digest [encoding convertto utf-8 $content]] }
            bytes { return x[digest $content] }
            list { return "\[[join [lmap one $content { print $one }] ,]\]" }
            map {
                set pairs {}
                foreach {key one} $content { lappend pairs s[text_hex $key]:[print $one] }
                return "{[join $pairs ,]}"
            }
            opaque {
                lassign $content type data
                return o[text_hex $type]:[digest $data]
            }
            tensor {
                lassign $content dtype shape format data
                return t$dtype:[join $shape x]:[text_hex $format]:[digest $data]
            }
        }
    }
}
