// Prints what arrives; ends after 2 seconds.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"simpleipc"
)

func main() {
	receiver, err := simpleipc.OpenReceiver("chat", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer receiver.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for message := range receiver.Messages(ctx) {
		fmt.Printf("%T %v\n", message.Value(), message.Value())
	}
	if err := receiver.Err(); err != nil {
		log.Fatal(err)
	}
}
