// The logger of the rover: records what the camera and the detector publish, a line of JSON for
// each message, until SIGTERM or Ctrl-C.
//
//	logger FILE
//
// It records every list of rocks: its subscription is lossless, so the detector waits for it. The
// camera is not to wait for a logger: frames may be missed, and the record says how many.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	ipc "simpleipc"
)

// line is what is recorded of a message: a frame, or the rocks that are in one.
type line struct {
	Topic      string  `json:"topic"`
	Frame      uint64  `json:"frame"`
	CapturedNs int64   `json:"captured_ns"`
	Missed     uint64  `json:"missed"`
	Shape      []int   `json:"shape,omitempty"`
	Boxes      [][]any `json:"boxes,omitempty"` // x, y, width, height
}

func lineOf(message *ipc.Message) (line, error) {
	one := line{CapturedNs: message.CaptureTime(), Missed: message.Missed()}
	if frame, isFrame := message.Value().(*ipc.Tensor); isFrame {
		one.Topic, one.Frame, one.Shape = "frames", message.Sequence(), frame.Shape
		return one, nil
	}
	one.Topic = "rocks"
	var found ipc.Map
	var boxes []any
	err := errors.Join(message.Scan(&found), ipc.Scan(found.Get("frame"), &one.Frame),
		ipc.Scan(found.Get("boxes"), &boxes))
	for _, box := range boxes {
		var sides []any
		err = errors.Join(err, ipc.Scan(box, &sides))
		one.Boxes = append(one.Boxes, sides)
	}
	return one, err
}

// snippet-begin
func record(ctx context.Context, file *os.File) error {
	frames, err := ipc.OpenSubscriber("rover.frames", nil)
	if err != nil {
		return err
	}
	defer frames.Close()
	rocks, err := ipc.OpenSubscriber("rover.rocks", &ipc.Options{Lossless: true})
	if err != nil {
		return err
	}
	defer rocks.Close()

	ctx, stop := context.WithCancel(ctx)
	fromCamera, fromDetector := frames.Chan(ctx), rocks.Chan(ctx)
	lines := json.NewEncoder(file)
	count, missed := map[string]int{}, uint64(0)
	for isOpen := true; isOpen && err == nil; {
		var message *ipc.Message
		select {
		case message, isOpen = <-fromCamera:
		case message, isOpen = <-fromDetector:
		}
		if isOpen {
			var one line
			one, err = lineOf(message)
			err = errors.Join(err, lines.Encode(one))
			count[one.Topic]++
			missed += one.Missed
			message.Release()
		}
	}
	stop()
	for range fromCamera {
	}
	for range fromDetector {
	}
	fmt.Printf("recorded %d frames and the rocks in %d, missed %d\n",
		count["frames"], count["rocks"], missed)
	return errors.Join(err, frames.Err(), rocks.Err())
}

// snippet-end

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	file, err := os.Create(os.Args[1])
	if err == nil {
		err = record(ctx, file)
	}
	if err != nil {
		log.Fatal(err)
	}
}
