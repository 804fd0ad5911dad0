{-# LANGUAGE OverloadedStrings #-}

-- Sends a few values; start it before or after quickstart_receive.
import qualified SimpleIPC as Ipc

main :: IO ()
main = do
    Ipc.send "chat" "hello"
    Ipc.send "chat" (Ipc.Int 42)
    Ipc.send "chat" (Ipc.Map [("class", "cat"), ("score", Ipc.Float 0.93)])
