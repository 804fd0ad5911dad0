{-# LANGUAGE ExistentialQuantification, OverloadedStrings, PatternSynonyms #-}

-- | The interop driver: one command per line on stdin, one answer per line on stdout. The protocol
-- is in testing/interop; values become those of Haskell and back.
module Main (main) where

import Control.Concurrent (forkIO, newEmptyMVar, putMVar, takeMVar, yield)
import Control.Exception hiding (handle)
import Control.Monad (forM_, replicateM_, void, when)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as B
import Data.Int (Int64)
import Data.IORef
import qualified Data.Map.Strict as M
import Data.Text (Text)
import qualified Data.Text as T
import qualified Data.Text.IO as T
import Data.Word (Word8)
import Foreign.Marshal.Utils (copyBytes)
import Foreign.Ptr (castPtr)
import Foreign.Storable (peek, peekByteOff, poke, pokeByteOff)
import Notation
import qualified SimpleIPC as Ipc
import SimpleIPC.Generated (pattern SIPC_BUSY, pattern SIPC_OK)
import System.Environment (getArgs)
import System.IO
import System.Mem (performMajorGC)
import System.Posix.Signals (raiseSignal, sigABRT)

data Opened
    = forall verb. Ipc.Puts verb => Putting (Ipc.Handle verb)
    | forall verb. Ipc.Takes verb => Taking (Ipc.Handle verb)
    | Setting Ipc.Setter
    | Watching Ipc.Watcher
    | Notifying Ipc.Notifier
    | Waiting Ipc.Waiter
    | Locking Ipc.Lock
    | Calling Ipc.Client
    | Serving Ipc.Server
    | Hosting Ipc.Host
    | Peering Ipc.PeerWatcher

data State = State
    { handles :: IORef (M.Map String Opened)
    , calls :: IORef (M.Map String Ipc.Call)
    , held :: IORef (Maybe Ipc.Message) -- ^ of hold, until the next one
    , request :: IORef (Maybe Ipc.Request) -- ^ of serve, until it is answered
    }

room :: Ipc.Timeout
room = Ipc.Seconds 10 -- for which a put waits

milliseconds :: String -> Ipc.Timeout
milliseconds word = Ipc.Seconds (read word / 1000)

answer :: State -> [String] -> IO String
answer state command = case command of
    ["hello"] -> (\version -> "ok haskell " ++ T.unpack version) <$> Ipc.version
    "open" : name : role : channel : options -> do
        one <- open role (T.pack channel) (foldl option Ipc.defaults options)
        modifyIORef' (handles state) (M.insert name one)
        return "ok"
    ["put", name, text] -> put name text 0
    ["put", name, text, capture] -> put name text (read (drop 8 capture))
    ["loan", name, text] -> do
        one <- handle name
        case one of
            Putting opened -> "ok" <$ loan opened (readValue text)
            Setting opened -> "ok" <$ loan opened (readValue text)
            _ -> wrong name
    ["once", "send", name, text] -> "ok" <$ Ipc.send (T.pack name) (readValue text)
    ["once", "publish", name, text] -> "ok" <$ Ipc.publish (T.pack name) (readValue text)
    ["once", "set", name, text] -> "ok" <$ Ipc.set (T.pack name) (readValue text)
    ["once", "notify", name] -> "ok" <$ Ipc.notify (T.pack name)
    ["once", "get", name, time] -> Ipc.get (T.pack name) (milliseconds time) >>= describe
    ["once", "wait", name, time] -> counted <$> Ipc.wait (T.pack name) (milliseconds time)
    ["take", name, time] -> do
        letGo
        taken name time >>= \message -> describe message `finally` Ipc.release message
    ["hold", name, time] -> do
        letGo
        message <- taken name time
        writeIORef (held state) (Just message)
        describe message
    ["get", name, time] -> do
        Watching watcher <- handle name
        Ipc.current watcher (milliseconds time) >>= describe
    ["put_if", name, text, expected] -> do
        Setting setter <- handle name
        let number = if expected == "new" then Ipc.noValue else read expected
        "ok" <$ Ipc.putIf setter room number (readValue text)
    ["notify", name] -> do
        Notifying notifier <- handle name
        "ok" <$ Ipc.signal notifier
    ["wait", name, time] -> do
        Waiting waiter <- handle name
        counted <$> Ipc.await waiter (milliseconds time)
    ["lock", name, time] -> do
        Locking lock <- handle name
        died <- Ipc.lock lock (milliseconds time)
        return ("ok abandoned=" ++ maybe "0" (const "1") died)
    ["unlock", name] -> do
        Locking lock <- handle name
        "ok" <$ Ipc.unlock lock
    "call" : name : method : text : flags -> do
        Calling client <- handle name
        let args = readValue text
        if flags == ["oneway"] then "call 0" <$ Ipc.tell client (T.pack method) args else do
            let begin = if flags == ["idempotent"] then Ipc.startIdempotent else Ipc.start
            call <- begin client (T.pack method) args
            number <- show . (+ 1) . M.size <$> readIORef (calls state)
            modifyIORef' (calls state) (M.insert number call)
            return ("call " ++ number)
    ["result", _, number, time] -> do
        known <- readIORef (calls state)
        outcome <- try (Ipc.nextReply (known M.! number) (milliseconds time))
        case outcome of
            Right message -> do
                told <- showValue (Ipc.value message)
                return ("reply " ++ told ++ " more=" ++ bit (Ipc.hasMore message))
            Left stop | Just failure <- Ipc.failure stop -> do
                text <- showValue (Ipc.Str (Ipc.sentence stop))
                told <- showValue (Ipc.failureData failure)
                return (unwords ["failed", show (Ipc.failureCode failure), text, told])
            Left stop -> throwIO stop
    ["cancel", _, number] -> do
        known <- readIORef (calls state)
        "ok" <$ Ipc.cancel (known M.! number)
    ["serve", name, time] -> do
        Serving server <- handle name
        one <- Ipc.nextRequest server (milliseconds time)
        writeIORef (request state) (Just one)
        args <- showValue (Ipc.requestArgs one)
        let oneWay = bit (Ipc.isOneWay (Ipc.requestMessage one))
        return (unwords ["request", T.unpack (Ipc.requestMethod one), args, "oneway=" ++ oneWay])
    ["reply", text] -> answered (`Ipc.reply` readValue text)
    ["reply", text, "more"] -> "ok" <$ (asked >>= (`Ipc.push` readValue text))
    ["fail", code, text, extra] -> do
        sentence <- Ipc.from (readValue text)
        answered (\one -> Ipc.failWith one (read code) sentence (readValue extra))
    ["cancelled"] -> (\truth -> "cancelled " ++ bit truth) <$> (asked >>= Ipc.isCancelled)
    ["start", name, plugin, program, args, restarts] -> do
        Hosting host <- handle name
        path <- Ipc.from (readValue program)
        list <- Ipc.from (readValue args)
        let one = Ipc.plugin (T.pack plugin) path
            told = one { Ipc.pluginArgs = list, Ipc.pluginRestarts = read restarts }
        "ok" <$ Ipc.startPlugin host told
    ["stop", name, plugin] -> do
        Hosting host <- handle name
        "ok" <$ Ipc.stopPlugin host (T.pack plugin)
    ["event", name, time] -> do
        Hosting host <- handle name
        event <- Ipc.event host (milliseconds time)
        fact <- showValue (factOf event)
        let told = map T.unpack [Ipc.eventName event, Ipc.eventPlugin event]
        return (unwords ("event" : told ++ [fact]))
    ["peer", name, time] -> do
        Peering watcher <- handle name
        event <- Ipc.peerEvent watcher (milliseconds time)
        let one = Ipc.peer event
            told = [Ipc.peerRole one, Ipc.peerLanguage one]
        return (unwords ("peer" : (if Ipc.isUp event then "up" else "down") : map T.unpack told
            ++ [show (Ipc.peerPid one)]))
    ["misuse", kind, name] -> misuse kind name
    ["puts", name, text, count] -> do
        one <- handle name
        case one of
            Putting opened -> "ok" <$ many count (Ipc.putWith opened room 0 (readValue text))
            _ -> wrong name
    ["loans", name, height, width, count] -> do
        one <- handle name
        case one of
            Putting opened -> "ok" <$ many count (lend opened [read height, read width, 3])
            _ -> wrong name
    ["takes", name, count] -> do
        one <- handle name
        case one of
            Taking opened -> summed count (Ipc.withMessage opened room ends)
            _ -> wrong name
    ["calls", name, count] -> do
        Calling client <- handle name
        summed count (Ipc.call client room "add" [Ipc.Int 2, Ipc.Int 3] >>= Ipc.from)
    ["serves", name, count] -> do
        Serving server <- handle name
        many count $ do
            one <- Ipc.nextRequest server room
            numbers <- Ipc.from (Ipc.requestArgs one)
            Ipc.reply one (Ipc.Int (sum (numbers :: [Int64])))
            Ipc.forget one
        return "ok"
    ["close", name] -> do
        one <- handle name
        closed one
        modifyIORef' (handles state) (M.delete name)
        return "ok"
    ["quit"] -> return "ok"
    _ -> throwIO (userError ("no command " ++ unwords command))
  where
    handle name = readIORef (handles state) >>= maybe (wrong name) return . M.lookup name
    wrong name = throwIO (userError ("no handle " ++ name ++ " for that"))
    counted count = "count " ++ show count
    put name text capture = do
        one <- handle name
        case one of
            Putting opened -> "ok" <$ Ipc.putWith opened room capture (readValue text)
            Setting opened -> "ok" <$ Ipc.putWith opened room capture (readValue text)
            _ -> wrong name
    misuse kind name = case kind of
        "type" -> return "impossible a function has no instance of ToValue"
        "range" -> putting name (Ipc.toValue (2 ^ (64 :: Int) :: Integer))
        "text" -> putting name (Ipc.toValue ("\xd800" :: String))
        "closed" -> refusal $ do
            sender <- Ipc.openSender (T.pack name) Ipc.defaults
            Ipc.close sender
            Ipc.close sender
            Ipc.put sender Ipc.Null
        _ -> handle name >>= misused kind
    putting name one = handle name >>= \opened -> case opened of
        Putting producer -> refusal (Ipc.put producer one)
        _ -> wrong name
    letGo = do
        before <- readIORef (held state)
        forM_ before Ipc.release
        writeIORef (held state) Nothing
    taken name time = do
        one <- handle name
        case one of
            Taking opened -> Ipc.take opened (milliseconds time)
            Watching opened -> Ipc.take opened (milliseconds time)
            _ -> wrong name
    asked = readIORef (request state) >>= maybe (throwIO (userError "there is no request")) return
    answered work = do
        one <- asked
        () <- work one
        Ipc.forget one
        writeIORef (request state) Nothing
        return "ok"

-- | How a misuse ended.
refusal :: IO () -> IO String
refusal work = either told (const "ok") <$> try work
  where
    told stop = "refused " ++ displayException (stop :: SomeException)

-- | Misuses of a handle that takes.
misused :: String -> Opened -> IO String
misused "thread" (Taking opened) = do
    ended <- newEmptyMVar
    void (forkIO (waits `finally` putMVar ended ()))
    told <- refusal untilRefused
    Ipc.interrupt opened
    told <$ takeMVar ended
  where
    -- Whoever comes while the other one looks is refused; this one is to be inside.
    waits = do
        outcome <- try (Ipc.take opened Ipc.Forever)
        when (either Ipc.status (const SIPC_OK) outcome == SIPC_BUSY) waits
    untilRefused = Ipc.timely (Ipc.take opened (Ipc.Seconds 0)) >> yield >> untilRefused
misused "forgotten" (Taking opened) = do
    void (Ipc.take opened room)
    -- That of a queue stays until the next one is asked for.
    void (Ipc.timely (Ipc.take opened (Ipc.Seconds 0)))
    "ok" <$ performMajorGC
misused "handler" (Serving server) = do
    Ipc.serve server room [Ipc.Method "boom" False (const boom)]
    return "ok"
  where
    boom = Ipc.interrupt server >> throwIO (userError "boom")
misused kind _ = throwIO (userError ("no misuse " ++ kind))

-- The plurals: the same verb many times, in loops that are measured from outside.

many :: String -> IO () -> IO ()
many count = replicateM_ (read count)

summed :: String -> IO Int64 -> IO String
summed count work = go (read count :: Int) 0
  where
    go 0 total = return ("sum " ++ show total)
    go left total = work >>= \one -> go (left - 1) $! total + one

-- | Of each frame only the ends are written: what it costs to fill is not the library's.
lend :: Ipc.Puts verb => Ipc.Handle verb -> [Int] -> IO ()
lend opened shape = Ipc.putFilled opened room 0 frame $ \place count -> do
    poke place 1
    pokeByteOff place (count - 1) (2 :: Word8)
  where
    frame = Ipc.TensorRoom Ipc.U8 shape ""

-- | The sequence number and both ends of the data.
ends :: Ipc.Message -> IO Int64
ends message = case Ipc.value message of
    Ipc.Bytes bytes -> return (told (B.head bytes) (B.last bytes))
    Ipc.Tensor numbers -> Ipc.withBytes numbers $ \place count ->
        told <$> peek place <*> peekByteOff place (count - 1)
    _ -> throwIO (userError "neither bytes nor a tensor")
  where
    told :: Word8 -> Word8 -> Int64
    told first end = fromIntegral (Ipc.number message) + fromIntegral first + fromIntegral end

bit :: Bool -> String
bit truth = if truth then "1" else "0"

closed :: Opened -> IO ()
closed one = case one of
    Putting opened -> Ipc.close opened
    Taking opened -> Ipc.close opened
    Setting opened -> Ipc.close opened
    Watching opened -> Ipc.close opened
    Notifying opened -> Ipc.close opened
    Waiting opened -> Ipc.close opened
    Locking opened -> Ipc.close opened
    Calling opened -> Ipc.close opened
    Serving opened -> Ipc.close opened
    Hosting opened -> Ipc.close opened
    Peering opened -> Ipc.close opened

option :: Ipc.Options -> String -> Ipc.Options
option options word = case break (== '=') word of
    ("lossless", _) -> options { Ipc.lossless = True }
    ("latest", _) -> options { Ipc.latest = True }
    ("history", number) -> options { Ipc.history = read (drop 1 number) }
    ("depth", number) -> options { Ipc.depth = read (drop 1 number) }
    ("permits", number) -> options { Ipc.permits = read (drop 1 number) }
    _ -> error ("no option " ++ word)

open :: String -> Text -> Ipc.Options -> IO Opened
open role name options = case role of
    "publish" -> Putting <$> Ipc.openPublisher name options
    "subscribe" -> Taking <$> Ipc.openSubscriber name options
    "send" -> Putting <$> Ipc.openSender name options
    "receive" -> Taking <$> Ipc.openReceiver name options
    "set" -> Setting <$> Ipc.openSetter name options
    "watch" -> Watching <$> Ipc.openWatcher name options
    "notify" -> Notifying <$> Ipc.openNotifier name options
    "wait" -> Waiting <$> Ipc.openWaiter name options
    "lock" -> Locking <$> Ipc.openLock name options
    "call" -> Calling <$> Ipc.openClient name options
    "serve" -> Serving <$> Ipc.openServer name options
    "host" -> Hosting <$> Ipc.openHost name options
    "peers" -> Peering <$> Ipc.openPeerWatcher name options
    _ -> throwIO (userError ("no role " ++ role))

loan :: Ipc.Puts verb => Ipc.Handle verb -> Ipc.Value -> IO ()
loan opened one = case one of
    Ipc.Bytes bytes -> Ipc.putFilled opened room 0 (Ipc.BytesRoom (B.length bytes)) $ \place _ ->
        B.unsafeUseAsCStringLen bytes (\(from, count) -> copyBytes place (castPtr from) count)
    Ipc.Tensor numbers -> Ipc.withBytes numbers $ \from count -> do
        let asRoom = Ipc.TensorRoom <$> Ipc.tensorDtype <*> Ipc.tensorShape <*> Ipc.tensorFormat
        Ipc.putFilled opened room 0 (asRoom numbers) (\place _ -> copyBytes place from count)
    _ -> throwIO (userError "no such loan")

describe :: Ipc.Message -> IO String
describe message = do
    told <- showValue (Ipc.value message)
    let isAged = Ipc.publishTime message > 0 && Ipc.age message >= 0
    return (unwords
        [ "value", told, "seq=" ++ show (Ipc.number message), "missed=" ++ show (Ipc.missed message)
        , "redelivered=" ++ bit (Ipc.isRedelivered message)
        , "capture=" ++ show (Ipc.captureTime message), "aged=" ++ bit isAged
        ])

factOf :: Ipc.Event -> Ipc.Value
factOf event = case Ipc.eventName event of
    "failed" -> fact "text"
    "ready" -> fact "methods"
    "ended" -> fact "code"
    "killed" -> fact "signal"
    "restarting" -> fact "after_ms"
    "output" -> Ipc.List [fact "stream", fact "text"]
    _ -> Ipc.Null
  where
    fact key = Ipc.field key (Ipc.eventFacts event)

-- | Serves add and crash, until its host ends it.
bePlugin :: IO ()
bePlugin = do
    T.putStrLn "hello from haskell"
    hFlush stdout
    server <- Ipc.openPlugin Ipc.defaults
    Ipc.serve server Ipc.Forever
        [ Ipc.on "add" (\a b -> return (a + b :: Int64) :: IO Int64)
        , Ipc.on "crash" (raiseSignal sigABRT)
        ]

main :: IO ()
main = do
    arguments <- getArgs
    hSetEncoding stdout utf8
    if not (null arguments) then bePlugin else do
        state <- State <$> newIORef M.empty <*> newIORef M.empty
            <*> newIORef Nothing <*> newIORef Nothing
        next state
  where
    next state = do
        isOver <- isEOF
        if isOver then return () else do
            line <- getLine
            told <- (answer state (words line) >>= evaluate . forced) `catches`
                [ Handler (\stop -> return (unwords ["error", show (Ipc.status stop), show stop]))
                , Handler (\stop -> return ("error 25 " ++ show (stop :: ErrorCall)))
                , Handler (\stop -> return ("error 25 " ++ show (stop :: IOException)))
                ]
            putStrLn (map (\letter -> if letter == '\n' then ' ' else letter) told)
            hFlush stdout
            if line == "quit" then return () else next state
    forced told = length told `seq` told
