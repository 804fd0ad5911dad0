# What the driver does wrong, and how that ends.

namespace eval misuse {
    # How a script is refused.
    proc refusal {body} {
        if {[catch { uplevel 1 $body } text]} { return "refused $text" }
        return ok
    }

    proc type {handle} { refusal { $handle put {command {puts hello}} } }
    proc range {handle} { refusal { $handle put {int 18446744073709551616} } }
    proc text {handle} { refusal { $handle put [list str \ud800] } }

    proc closed {name} {
        set sender [simpleipc::Sender new $name]
        $sender close
        $sender close
        set said [refusal { $sender send {int 1} }]
        $sender destroy
        return $said
    }

    proc thread {handle} {
        return "impossible a handle is a command of its interpreter, which is of one thread"
    }

    proc forgotten {handle} {
        return "impossible nothing destroys an object that nobody knows any more"
    }

    proc handler {server} {
        $server on boom [list apply {{server two} {
            $server interrupt
            error boom
        }} $server]
        $server serve
        return ok
    }
}
