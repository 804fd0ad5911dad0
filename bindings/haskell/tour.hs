{-# LANGUAGE OverloadedStrings #-}

-- Every pattern once, in one program; each part could be in a program of its own.
import Data.Word (Word8)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Storable (peek)
import qualified SimpleIPC as Ipc

main :: IO ()
main = do
    let soon = Ipc.Seconds 20
        open way name = Ipc.with (way name Ipc.defaults)

    -- A queue: each message goes to one receiver.
    Ipc.send "tour.queue" "hello"
    open Ipc.openReceiver "tour.queue" $ \receiver -> do
        Ipc.withMessage receiver soon (\message -> putStrLn ("queue: " ++ show (Ipc.value message)))
        none <- Ipc.timely (Ipc.take receiver (Ipc.Seconds 0))
        putStrLn ("queue: " ++ maybe "nothing more" (show . Ipc.value) none)

    -- A topic: every subscriber gets every message. The frame is filled where it is read.
    open Ipc.openSubscriber "tour.topic" $ \subscriber ->
        open Ipc.openPublisher "tour.topic" $ \publisher -> do
            Ipc.put publisher (Ipc.Int 42)
            answer <- Ipc.take subscriber soon
            putStrLn ("topic: " ++ show (Ipc.value answer))
            captured <- Ipc.now
            Ipc.putFilled publisher soon captured (Ipc.TensorRoom Ipc.U8 [4, 6, 3] "rgb8") $
                \place bytes -> fillBytes place 7 bytes
            Ipc.withMessage subscriber soon $ \message -> do
                Ipc.Tensor picture <- return (Ipc.value message)
                first <- Ipc.withElements picture (\place _ -> peek place) :: IO Word8
                putStrLn ("topic: " ++ show picture ++ " " ++ show first)

    -- A state: the latest value, for whoever comes whenever.
    open Ipc.openSetter "tour.state" $ \setter ->
        open Ipc.openWatcher "tour.state" $ \watcher -> do
            Ipc.put setter (Ipc.Int 30)
            speed <- Ipc.current watcher soon
            putStrLn ("state: " ++ show (Ipc.value speed))
            Ipc.putIf setter soon (Ipc.number speed) (Ipc.Int 31) -- fails if another was faster
            next <- Ipc.take watcher soon
            putStrLn ("state: " ++ show (Ipc.value next))

    -- A signal: something has happened.
    open Ipc.openWaiter "tour.signal" $ \waiter -> do
        Ipc.notify "tour.signal"
        Ipc.await waiter soon >>= \times -> putStrLn ("signal: " ++ show times)

    -- A lock: one owner at a time, and free when it dies.
    open Ipc.openLock "tour.lock" $ \lock ->
        Ipc.withLock lock soon (\died -> putStrLn ("lock: died with it: " ++ show died))

    -- A service; Ipc.serve server and Ipc.on "add" are the usual way to answer.
    open Ipc.openServer "tour.service" $ \server ->
        open Ipc.openClient "tour.service" $ \client -> do
            call <- Ipc.start client "add" (Ipc.List [Ipc.Int 1, Ipc.Int 2])
            request <- Ipc.nextRequest server soon
            putStrLn ("service: " ++ show (Ipc.requestMethod request, Ipc.requestArgs request))
            [a, b] <- Ipc.from (Ipc.requestArgs request)
            Ipc.reply request (Ipc.Int (a + b))
            Ipc.result call soon >>= \value -> putStrLn ("service: " ++ show value)
