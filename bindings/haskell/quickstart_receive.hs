{-# LANGUAGE OverloadedStrings #-}

-- Prints what arrives; ends when nothing came for 2 seconds.
import qualified SimpleIPC as Ipc

main :: IO ()
main = Ipc.with (Ipc.openReceiver "chat" Ipc.defaults) $ \receiver ->
    Ipc.forMessages receiver (Ipc.Seconds 2) (print . Ipc.value)
