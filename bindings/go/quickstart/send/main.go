// Sends a few values; start it before or after quickstart/receive.
package main

import (
	"log"

	"simpleipc"
)

func main() {
	cat := simpleipc.Map{{Key: "class", Value: "cat"}, {Key: "score", Value: 0.93}}
	for _, value := range []any{"hello", 42, cat} {
		if err := simpleipc.Send("chat", value); err != nil {
			log.Fatal(err)
		}
	}
}
