{-# LANGUAGE OverloadedStrings, PatternSynonyms, ScopedTypeVariables #-}

-- | What interop cannot see: bad input, threads, exceptions from outside, the garbage collector,
-- methods that throw. Prints a line for each test.
module Main (main) where

import Control.Concurrent
import Control.Exception hiding (handle)
import Control.Monad (forM, forM_, replicateM_, unless, void, when)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as C
import Data.Char (isDigit)
import Data.Int (Int16, Int64, Int8)
import Data.IORef
import Data.Text (Text)
import qualified Data.Text as T
import Data.Word (Word64, Word8)
import Foreign.ForeignPtr (ForeignPtr, mallocForeignPtrArray)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (ptrToWordPtr)
import qualified SimpleIPC as Ipc
import SimpleIPC (Timeout (..), Value (..))
import SimpleIPC.Generated
import System.Environment (getArgs, getExecutablePath)
import System.Exit (exitFailure)
import System.IO (BufferMode (LineBuffering), hSetBuffering, stdout)
import System.Mem (performMajorGC)
import System.Timeout (timeout)

soon :: Timeout
soon = Seconds 20

same :: (Eq a, Show a) => String -> a -> a -> IO ()
same what found wanted = unless (found == wanted) $
    fail (what ++ ": found " ++ show found ++ ", wanted " ++ show wanted)

-- | What the library, or this layer of it, refuses with a status.
refused :: Int -> IO a -> IO Ipc.SipcError
refused wanted work = try work >>= \outcome -> case outcome of
    Left stop -> stop <$ same (show stop) (fromIntegral (Ipc.status stop)) wanted
    Right _ -> fail ("nothing was thrown, wanted " ++ show wanted)

-- | What the language refuses.
throws :: forall thrown a. Exception thrown => (thrown -> Bool) -> IO a -> IO ()
throws isIt work = try work >>= \outcome -> case outcome of
    Left stop -> unless (isIt stop) (fail ("thrown was " ++ show stop))
    Right _ -> fail "nothing was thrown"

code :: Integral status => status -> Int
code = fromIntegral

-- | Handles of the two ends of a channel.
between
    :: (Text -> Ipc.Options -> IO (Ipc.Handle a)) -> (Text -> Ipc.Options -> IO (Ipc.Handle b))
    -> Text -> (Ipc.Handle a -> Ipc.Handle b -> IO c) -> IO c
between one other name work = Ipc.with (one name Ipc.defaults) $ \a ->
    Ipc.with (other name Ipc.defaults) (work a)

queue :: Text -> (Ipc.Sender -> Ipc.Receiver -> IO a) -> IO a
queue = between Ipc.openSender Ipc.openReceiver

topic :: Text -> (Ipc.Publisher -> Ipc.Subscriber -> IO a) -> IO a
topic = between Ipc.openPublisher Ipc.openSubscriber

service :: Text -> (Ipc.Server -> Ipc.Client -> IO a) -> IO a
service = between Ipc.openServer Ipc.openClient

valuesOfHaskellArriveAsTheyAre :: IO ()
valuesOfHaskellArriveAsTheyAre = queue "values" $ \sender receiver -> do
    let arrives given = do
            Ipc.put sender (Ipc.toValue given)
            Ipc.withMessage receiver soon (return . show . Ipc.value)
    arrives () >>= \told -> same "null" told "Null"
    arrives True >>= \told -> same "bool" told "Bool True"
    arrives (-5 :: Int) >>= \told -> same "int" told "Int (-5)"
    arrives (5 :: Word8) >>= \told -> same "uint" told "Uint 5"
    arrives (2 ^ (64 :: Int) - 1 :: Integer) >>= \told ->
        same "integer" told "Uint 18446744073709551615"
    arrives (1.5 :: Float) >>= \told -> same "float" told "Float 1.5"
    arrives ("h\233\0" :: String) >>= \told -> same "string" told "Str \"h\\233\\NUL\""
    arrives ("h\x1f600" :: Text) >>= \told -> same "text" told "Str \"h\\128512\""
    arrives (B.pack [0, 255]) >>= \told -> same "bytes" told "Bytes \"\\NUL\\255\""
    arrives [Just (1 :: Int), Nothing] >>= \told -> same "list" told "List [Int 1,Null]"
    arrives (Map [("z", Int 1), ("a", "x")]) >>= \told ->
        same "map" told "Map [(\"z\",Int 1),(\"a\",Str \"x\")]"
    arrives (Opaque "a/b" "{}") >>= \told -> same "opaque" told "Opaque \"a/b\" \"{}\""
    same "a key" (show (Ipc.field "a" (Map [("z", Int 1), ("a", "x")]))) "Str \"x\""
    same "no key" (show (Ipc.field "b" (Map []))) "Null"

valuesAreReadIfTheyFit :: IO ()
valuesAreReadIfTheyFit = do
    Ipc.from (Int 300) >>= \found -> same "int" found (300 :: Int16)
    Ipc.from (Uint 3) >>= \found -> same "uint" found (3 :: Double)
    Ipc.from (Str "a") >>= \found -> same "string" found ("a" :: String)
    Ipc.from Null >>= \found -> same "none" found (Nothing :: Maybe Int)
    Ipc.from (List [Int 1, Uint 2]) >>= \found -> same "list" found [1, 2 :: Int]
    void (refused (code SIPC_BAD_VALUE) (Ipc.from (Int 300) :: IO Int8))
    void (refused (code SIPC_BAD_VALUE) (Ipc.from (Int (-1)) :: IO Word64))
    void (refused (code SIPC_BAD_VALUE) (Ipc.from (Uint maxBound) :: IO Int64))
    void (refused (code SIPC_BAD_VALUE) (Ipc.from (Str "3") :: IO Int))
    void (refused (code SIPC_BAD_VALUE) (Ipc.from (Float 3) :: IO Int))

whatCannotBeSentIsRefused :: IO ()
whatCannotBeSentIsRefused = queue "refused" $ \sender receiver -> do
    let isBad = refused (code SIPC_BAD_VALUE) . Ipc.put sender
        tensor = Tensor . Ipc.tensorOfBytes Ipc.U8 [2, 3] ""
    throws (== Overflow) (Ipc.put sender (Ipc.toValue (2 ^ (64 :: Int) :: Integer)))
    throws (== Overflow) (Ipc.put sender (Ipc.toValue [- (2 ^ (63 :: Int)) - 1 :: Integer]))
    throws (const True :: IOException -> Bool) (Ipc.put sender (Ipc.toValue ("a\xd800" :: String)))
    throws (const True :: ErrorCall -> Bool) (Ipc.put sender (Map [("a", Int (error "late"))]))
    void (isBad (iterate (List . pure) Null !! 70))
    void (isBad (Map [("a", Null), ("a", Null)]))
    void (isBad (tensor "12345"))
    void (isBad (Tensor (Ipc.tensorOfBytes Ipc.U8 (replicate 9 1) "" "1")))
    void (isBad (Tensor (Ipc.tensorOfBytes Ipc.U8 [-1] "" "")))
    void (isBad (Tensor (Ipc.tensorOfBytes Ipc.U8 [1] (T.replicate 300 "f") "1")))
    void (isBad (Tensor (Ipc.tensorOfBytes Ipc.U8 [1] "" "1") { Ipc.tensorStrides = [1, 1] }))
    none <- Ipc.timely (Ipc.take receiver (Seconds 0))
    same "nothing was sent" (fmap (show . Ipc.value) none) Nothing
    forM_ ["", "a/b", ".a", "a\0b", T.replicate 201 "n"] $ \name -> do
        stop <- refused (code SIPC_BAD_NAME) (Ipc.openPublisher name Ipc.defaults)
        same "class" (Ipc.isMisuse stop, Ipc.isRetry stop) (True, False)
    void (refused (code SIPC_WRONG_PATTERN) (Ipc.openPublisher "refused" Ipc.defaults))
    void . refused (code SIPC_BAD_ARGUMENT) $
        Ipc.openPublisher "odd" Ipc.defaults { Ipc.depth = 100 }
    stop <- refused (code SIPC_NO_DIRECTORY) $
        Ipc.openPublisher "odd" Ipc.defaults { Ipc.directory = Just "/nowhere/at/all" }
    same "class of the system" (Ipc.isSystem stop) True
    forM_ [-1, 0 / 0, 1 / 0, 1e10] $ \seconds ->
        refused (code SIPC_BAD_ARGUMENT) (Ipc.take receiver (Seconds seconds))

aTensorIsLookedAtWhereItLies :: IO ()
aTensorIsLookedAtWhereItLies = topic "tensors" $ \publisher subscriber -> do
    let numbers = [0 .. 5999] :: [Float]
    Ipc.put publisher (Tensor (Ipc.tensor [20, 300] "heights" numbers))
    message <- Ipc.take subscriber soon
    Tensor heights <- return (Ipc.value message)
    same "shape" (Ipc.tensorShape heights, Ipc.tensorFormat heights) ([20, 300], "heights")
    Ipc.elements heights >>= \found -> same "numbers" found numbers
    void (refused (code SIPC_BAD_ARGUMENT) (Ipc.elements heights :: IO [Double]))
    -- The value of a large one is shared memory, at a multiple of 64.
    Ipc.withBytes heights (\place _ -> same "place" (ptrToWordPtr place `mod` 64) 0)
    Ipc.put publisher (Tensor heights) -- on from where it is
    again <- Ipc.take subscriber soon
    Ipc.release message
    Ipc.release message
    void (refused (code SIPC_CLOSED) (Ipc.elements heights :: IO [Float]))
    void (refused (code SIPC_CLOSED) (Ipc.put publisher (List [Tensor heights])))
    Tensor second <- return (Ipc.value again)
    Ipc.elements second >>= \found -> same "numbers again" found numbers
    memory <- mallocForeignPtrArray 6 :: IO (ForeignPtr Int16)
    Ipc.putWith publisher soon 5 (Tensor (Ipc.tensorAt [2, 3] "" memory 6))
    Ipc.withMessage subscriber soon $ \taken -> do
        Tensor small <- return (Ipc.value taken)
        same "capture time" (Ipc.captureTime taken) 5
        same "dtype" (Ipc.tensorDtype small) (Ipc.dtypeOf [0 :: Int16])
        void (Ipc.elements small :: IO [Int16])
    Ipc.putFilled publisher soon 7 (Ipc.TensorRoom Ipc.U8 [2, 500] "grey") $ \place bytes -> do
        same "place of a loan" (ptrToWordPtr place `mod` 64) 0
        fillBytes place 9 bytes
    Ipc.withMessage subscriber soon $ \taken -> do
        Tensor grey <- return (Ipc.value taken)
        Ipc.elements grey >>= \found -> same "filled" found (replicate 1000 (9 :: Word8))
    replicateM_ 40 $ -- 16 may be lent at once
        throws (== Thrown) $
            Ipc.putFilled publisher soon 0 (Ipc.BytesRoom 1000) (\_ _ -> throwIO Thrown)
    none <- Ipc.timely (Ipc.take subscriber (Seconds 0))
    same "what was not filled was not put" (fmap (show . Ipc.value) none) Nothing
    void . refused (code SIPC_BAD_VALUE) $
        Ipc.putFilled publisher soon 0 (Ipc.BytesRoom (-1)) (\_ _ -> return ())

nothingIsLeftOfTenThousandMessages :: IO ()
nothingIsLeftOfTenThousandMessages = do
    let numbers = Tensor (Ipc.tensor [1000] "" (replicate 1000 (1 :: Word8)))
    publisher <- Ipc.openPublisher "many" Ipc.defaults
    subscriber <- Ipc.openSubscriber "many" Ipc.defaults
    replicateM_ 10000 $ do -- which nobody releases
        Ipc.putWith publisher soon 0 numbers
        Ipc.take subscriber soon
    replicateM_ 10000 $ do
        Ipc.putWith publisher soon 0 (Bytes "12345")
        Ipc.take subscriber soon
    performMajorGC
    told <- Ipc.audit (Just "many") Nothing
    unless ("\"leaks\":[]" `C.isInfixOf` told) (fail (C.unpack told))
    unless (numberIn told "\"chunks\":" <= 1024) (fail (C.unpack told)) -- of 20000 that were sent
    Ipc.close publisher
    forM_ [1 .. 1000 :: Int] $ \index -> do -- 256 may be open
        void (Ipc.openSubscriber "many" Ipc.defaults)
        when (index `mod` 100 == 0) performMajorGC
    Ipc.close subscriber
    performMajorGC
    sender <- Ipc.openSender "queued" Ipc.defaults
    receiver <- Ipc.openReceiver "queued" Ipc.defaults
    sums <- forM [1 .. 2000] $ \index -> do
        Ipc.put sender (List [Int index, numbers])
        message <- Ipc.take receiver soon
        return (Ipc.number message)
    same "each once" (sum sums) (sum [0 .. 1999])
    Ipc.close sender
    Ipc.close receiver

-- | The number that follows a key of the audit.
numberIn :: B.ByteString -> B.ByteString -> Int
numberIn told key = read (C.unpack (C.takeWhile isDigit behind))
  where
    behind = C.drop (B.length key) (snd (C.breakSubstring key told))

closingEndsAWaitAndMayBeDoneTwice :: IO ()
closingEndsAWaitAndMayBeDoneTwice = do
    receiver <- Ipc.openReceiver "closed" Ipc.defaults
    ended <- elsewhere (Ipc.take receiver Forever)
    untilBusy (Ipc.take receiver (Seconds 0))
    Ipc.close receiver
    Ipc.close receiver
    void (refused (code SIPC_CLOSED) ended)
    stop <- refused (code SIPC_CLOSED) (Ipc.take receiver Forever)
    same "class" (Ipc.isGone stop) True
    Ipc.forMessages receiver Forever (const (fail "a message"))
    setter <- Ipc.openSetter "closed state" Ipc.defaults
    Ipc.close setter
    void (refused (code SIPC_CLOSED) (Ipc.put setter Null))
    void (refused (code SIPC_CLOSED) (Ipc.interrupt setter))
    void (refused (code SIPC_CLOSED) (Ipc.descriptor receiver))

-- | Of a thread that is to wait inside: when the other one is, for a moment, it tries again.
insist :: IO a -> IO a
insist work = do
    outcome <- try work
    case outcome of
        Left stop | Ipc.status stop == SIPC_BUSY -> insist work
        Left stop -> throwIO stop
        Right done -> return done

inTime :: String -> IO a -> IO a
inTime what work = timeout 20000000 work >>= maybe (fail (what ++ ": not in time")) return

until' :: String -> IO Bool -> IO ()
until' what isSo = inTime what again
  where
    again = isSo >>= \truth -> unless truth (yield >> again)

-- | Until another thread is inside, which is told by what this one is refused with.
untilBusy :: IO a -> IO ()
untilBusy work = until' "somebody inside" $ do
    outcome <- try work
    return (either Ipc.status (const SIPC_OK) outcome == SIPC_BUSY)

-- | What ends in another thread, and an action that waits for that.
elsewhere :: IO a -> IO (IO a)
elsewhere work = do
    ended <- newEmptyMVar
    void (forkFinally (insist work) (putMVar ended))
    return (inTime "the other thread" (takeMVar ended) >>= either throwIO return)

aSecondThreadIsTold :: IO ()
aSecondThreadIsTold = do
    receiver <- Ipc.openReceiver "busy" Ipc.defaults
    taken <- elsewhere (Ipc.take receiver Forever)
    untilBusy (Ipc.take receiver (Seconds 0))
    performMajorGC
    Ipc.send "busy" (Int 7)
    taken >>= \message -> same "taken" (show (Ipc.value message)) "Int 7"
    ended <- elsewhere (Ipc.take receiver Forever)
    untilBusy (Ipc.take receiver (Seconds 0))
    Ipc.interrupt receiver
    refused (code SIPC_INTERRUPTED) ended >>= \stop -> same "class" (Ipc.isRetry stop) True
    Ipc.interrupt receiver
    Ipc.forMessages receiver Forever (const (fail "a message"))
    Ipc.with (Ipc.openWaiter "several" Ipc.defaults) $ \waiter -> do
        let sources = [Ipc.Source receiver, Ipc.Source waiter]
        void (refused (code SIPC_TIMEOUT) (Ipc.waitAny (Seconds 0.001) sources))
        void (refused (code SIPC_BAD_ARGUMENT) (Ipc.waitAny (Seconds 0) []))
        Ipc.notify "several"
        Ipc.waitAny soon sources >>= \index -> same "which" index 1
        Ipc.await waiter (Seconds 0) >>= \count -> same "how often" count 1
        Ipc.interrupt waiter
        void (refused (code SIPC_INTERRUPTED) (Ipc.waitAny Forever sources))
        number <- Ipc.descriptor waiter
        same "a descriptor" (number >= 0) True
    Ipc.close receiver

aLoanThatMeetsAWaitGoesBack :: IO ()
aLoanThatMeetsAWaitGoesBack =
    Ipc.with (Ipc.openSender "met" Ipc.defaults { Ipc.depth = 16 }) $ \sender -> do
        let send patience = Ipc.putWith sender patience 0 Null
        sent <- newEmptyMVar
        throws (== Thrown) . Ipc.putFilled sender soon 0 (Ipc.BytesRoom 1000) $ \_ _ -> do
            void (refused (code SIPC_FULL) (replicateM_ 100 (send (Seconds 0.001))))
            elsewhere (send soon) >>= putMVar sent
            untilBusy (send (Seconds 0))
            throwIO Thrown
        until' "no chunk in use" $ do
            told <- Ipc.audit (Just "met") Nothing
            return (numberIn told "\"chunks_in_use\":" == 0)
        Ipc.with (Ipc.openReceiver "met" Ipc.defaults) $ \receiver -> do
            void (Ipc.take receiver soon)
            inTime "sent" (takeMVar sent) >>= id
            Ipc.forMessages receiver (Seconds 0) return

aCallThatMeetsAWaitIsCancelled :: IO ()
aCallThatMeetsAWaitIsCancelled = service "met calls" $ \server client -> do
    kept <- Ipc.start client "kept" Null
    other <- Ipc.start client "other" Null
    first <- Ipc.nextRequest server soon
    answered <- elsewhere (Ipc.result kept soon)
    untilBusy (Ipc.nextReply kept (Seconds 0))
    void (refused (code SIPC_BUSY) (Ipc.cancel other))
    void (refused (code SIPC_BUSY) (Ipc.result other (Seconds 0)))
    Ipc.reply first (Int 1)
    answered >>= \one -> same "answer" (show one) "Int 1"
    second <- Ipc.nextRequest server soon
    Ipc.isCancelled second >>= \truth -> same "it may be asked again" truth False
    void (refused (code SIPC_TIMEOUT) (Ipc.result other (Seconds 0)))
    Ipc.isCancelled second >>= \truth -> same "cancelled" truth True

anExceptionEndsAWait :: IO ()
anExceptionEndsAWait = do
    receiver <- Ipc.openReceiver "outside" Ipc.defaults
    none <- timeout 30000 (Ipc.take receiver Forever)
    same "timeout" (fmap Ipc.number none) Nothing
    ended <- newEmptyMVar
    thread <- forkFinally (insist (Ipc.take receiver Forever)) (putMVar ended)
    untilBusy (Ipc.take receiver (Seconds 0))
    killThread thread
    outcome <- inTime "the end" (takeMVar ended)
    same "killed" (either fromException (const Nothing) outcome) (Just ThreadKilled)
    -- Masked, a wait ends by the exception or with the message, and never with neither.
    sender <- Ipc.openSender "outside" Ipc.defaults
    taken <- newIORef (0 :: Int)
    forM_ [1 .. 300 :: Int] $ \index -> do
        done <- newEmptyMVar
        begun <- newEmptyMVar
        one <- mask_ . forkIO $ do
            putMVar begun ()
            found <- try (Ipc.take receiver soon)
            case found of
                Right _ -> modifyIORef' taken (+ 1)
                Left stop -> unless (fromException stop == Just ThreadKilled) $
                    modifyIORef' taken (+ 1000000)
            putMVar done ()
        takeMVar begun
        when (even index) yield
        Ipc.put sender (Int 1)
        killThread one
        takeMVar done
    Ipc.forMessages receiver (Seconds 0) (const (modifyIORef' taken (+ 1)))
    readIORef taken >>= \count -> same "each message" count 300
    Ipc.close sender
    Ipc.close receiver

aMethodThatThrowsIsAnErrorForItsCaller :: IO ()
aMethodThatThrowsIsAnErrorForItsCaller = service "calc" $ \server client -> do
    ended <- newEmptyMVar
    void . forkIO $ do
        Ipc.serve server Forever
            [ Ipc.on "add" (\a b -> return (a + b) :: IO Int)
            , Ipc.on "divide" (\a b -> return (a `div` b) :: IO Int)
            , Ipc.on "head" (evaluate (head []) :: IO Int)
            , Ipc.on "later" (return (List [error "later"]) :: IO Value)
            , Ipc.on "refuse" (throwIO (Ipc.failed 17 "empty" (Map [("left", Int 3)])) :: IO ())
            , Ipc.Method "count" True $ \request -> do
                mapM_ (Ipc.push request . Int) [1, 2]
                return (Int 3)
            ]
        putMVar ended ()
    let fails wanted name args = do
            stop <- refused (code SIPC_FAILED) (Ipc.call client soon name args)
            same (T.unpack name) (Ipc.failureCode <$> Ipc.failure stop) (Just wanted)
            return stop
    replicateM_ 2 $ do
        Ipc.call client soon "add" [Int 1, Uint 2] >>= \sum' -> same "sum" (show sum') "Int 3"
        void (fails (-32602) "add" ["1", "2"])
        void (fails (-32602) "add" [Int 1])
        void (fails (-32602) "add" [Int 1, Int 2, Int 3])
        void (fails (-32603) "divide" [Int 1, Int 0])
        void (fails (-32603) "head" [])
        void (fails (-32603) "later" [])
        void (fails (-32601) "nothing" [])
        stop <- fails 17 "refuse" []
        same "text" (show stop) "empty"
        same "data" (show (Ipc.failureData <$> Ipc.failure stop)) "Just (Map [(\"left\",Int 3)])"
    counting <- Ipc.startIdempotent client "count" Null
    replies <- forM [1 .. 3 :: Int] (const (Ipc.nextReply counting soon))
    same "replies" (map (show . Ipc.value) replies) ["Int 1", "Int 2", "Int 3"]
    same "more" (map Ipc.hasMore replies) [True, True, False]
    Ipc.call client soon "count" [] >>= \last' -> same "result" (show last') "Int 3"
    Ipc.tell client "add" (List [Int 1, Int 1])
    List offered <- Ipc.call client soon ".methods" []
    same "offered" (map (show . Ipc.field "name") offered !! 5, length offered) ("Str \"count\"", 6)
    Ipc.close server
    takeMVar ended

aCallThatIsCancelled :: IO ()
aCallThatIsCancelled = service "slow" $ \server client -> do
    inFlight <- Ipc.start client "sleep" (Int 1)
    request <- Ipc.nextRequest server soon
    same "args" (show (Ipc.requestArgs request)) "Int 1"
    void (refused (code SIPC_TIMEOUT) (Ipc.nextReply inFlight (Seconds 0)))
    void (refused (code SIPC_TIMEOUT) (Ipc.result inFlight (Seconds 0.001)))
    Ipc.isCancelled request >>= \truth -> same "cancelled" truth True
    void (refused (code SIPC_CANCELLED) (Ipc.nextReply inFlight soon))
    Ipc.forget request
    void (refused (code SIPC_CLOSED) (Ipc.reply request Null))
    again <- Ipc.start client "sleep" Null
    second <- Ipc.nextRequest server soon
    Ipc.forget second -- unanswered
    stop <- refused (code SIPC_FAILED) (Ipc.result again soon)
    same "unanswered" (Ipc.failureCode <$> Ipc.failure stop) (Just (-32603))

statesLocksAndPeers :: IO ()
statesLocksAndPeers = do
    between Ipc.openSetter Ipc.openWatcher "speed" $ \setter watcher -> do
        Ipc.putIf setter soon Ipc.noValue (Int 1)
        stop <- refused (code SIPC_CONFLICT) (Ipc.putIf setter soon Ipc.noValue (Int 2))
        same "class" (Ipc.isRetry stop) True
        one <- Ipc.current watcher soon
        Ipc.putIf setter soon (Ipc.number one) (Int 2)
        Ipc.get "speed" soon >>= \two -> same "value" (show (Ipc.value two)) "Int 2"
    Ipc.with (Ipc.openPeerWatcher "mutex" Ipc.defaults) $ \watcher -> do
        mutex <- Ipc.openLock "mutex" Ipc.defaults
        Ipc.lock mutex soon >>= \died -> same "died" died Nothing
        void (refused (code SIPC_BAD_ARGUMENT) (Ipc.lock mutex Forever))
        Ipc.with (Ipc.openLock "mutex" Ipc.defaults) $ \other -> do
            void (refused (code SIPC_TIMEOUT) (Ipc.lock other (Seconds 0)))
            known <- Ipc.peers "mutex" Ipc.defaults
            same "languages" (map Ipc.peerLanguage known) ["haskell", "haskell"]
            same "roles" (map Ipc.peerRole known) ["lock", "lock"]
            came <- Ipc.peerEvent watcher soon
            same "came" (Ipc.isUp came, Just (Ipc.peer came)) (True, Just (head known))
            Ipc.close mutex -- which unlocks
            throws (== Thrown) (Ipc.withLock other soon (const (throwIO Thrown)))
            Ipc.withLock other (Seconds 0) (const (return ()))
    removed <- Ipc.clean Nothing 86400
    same "removed" removed 0
    version <- Ipc.version
    same "version" (T.length (T.filter (== '.') version)) 2

data Thrown = Thrown deriving (Eq, Show)

instance Exception Thrown

aHostAndItsPlugin :: IO ()
aHostAndItsPlugin = Ipc.with (Ipc.openHost "host" Ipc.defaults) $ \host -> do
    program <- T.pack <$> getExecutablePath
    let next wanted = do
            one <- Ipc.event host soon
            if Ipc.eventName one == wanted then return one else next wanted
    let calc' = Ipc.plugin "calc" program
    Ipc.startPlugin host calc' { Ipc.pluginArgs = ["plugin"], Ipc.pluginHangAfter = Just 20 }
    next "ready" >>= \one -> same "plugin" (Ipc.eventPlugin one) "calc"
    Ipc.with (Ipc.pluginClient host "calc") $ \calc ->
        Ipc.call calc soon "add" [Int 2, Int 3] >>= \sum' -> same "sum" (show sum') "Int 5"
    Ipc.stopPlugin host "calc"
    killed <- next "killed"
    same "signal" (show (Ipc.field "signal" (Ipc.eventFacts killed))) "Int 15"
    void (refused (code SIPC_BAD_ARGUMENT) (Ipc.stopPlugin host "calc"))
    void (refused (code SIPC_BAD_NAME) (Ipc.startPlugin host (Ipc.plugin "a.b" "true")))
    void (refused (code SIPC_BAD_NAME) (Ipc.openPlugin Ipc.defaults)) -- this is none

bePlugin :: IO ()
bePlugin = do
    server <- Ipc.openPlugin Ipc.defaults
    Ipc.serve server Forever [Ipc.on "add" (\a b -> return (a + b) :: IO Int)]

-- | A program that closes and releases nothing: its end does.
leave :: IO ()
leave = do
    sender <- Ipc.openSender "left" Ipc.defaults
    receiver <- Ipc.openReceiver "left" Ipc.defaults
    Ipc.put sender "taken"
    void (Ipc.take receiver soon)

tests :: [(String, IO ())]
tests =
    [ ("values of Haskell arrive as they are", valuesOfHaskellArriveAsTheyAre)
    , ("values are read if they fit", valuesAreReadIfTheyFit)
    , ("what cannot be sent is refused", whatCannotBeSentIsRefused)
    , ("a tensor is looked at where it lies", aTensorIsLookedAtWhereItLies)
    , ("nothing is left of ten thousand messages", nothingIsLeftOfTenThousandMessages)
    , ("closing ends a wait and may be done twice", closingEndsAWaitAndMayBeDoneTwice)
    , ("a second thread is told, and an interrupt ends a wait", aSecondThreadIsTold)
    , ("a loan that meets a wait of another thread goes back", aLoanThatMeetsAWaitGoesBack)
    , ("a call that meets a wait of another thread", aCallThatMeetsAWaitIsCancelled)
    , ("an exception from outside ends a wait and loses nothing", anExceptionEndsAWait)
    , ("a method that throws is an error for its caller", aMethodThatThrowsIsAnErrorForItsCaller)
    , ("a call that is cancelled", aCallThatIsCancelled)
    , ("states, locks and peers", statesLocksAndPeers)
    , ("a host and its plugin", aHostAndItsPlugin)
    ]

main :: IO ()
main = getArgs >>= \arguments -> case arguments of
    ["plugin"] -> bePlugin
    ["leave"] -> leave
    ["sizes"] -> putStrLn (unwords (map show
        [ sizeof_sipc_error, sizeof_sipc_value, sizeof_sipc_message, sizeof_sipc_options
        , offset sipc_value_shape ]))
    _ -> do
        hSetBuffering stdout LineBuffering
        passed <- forM tests $ \(name, work) -> do
            outcome <- try work
            case outcome of
                Right () -> True <$ putStrLn ("ok " ++ name)
                Left (stop :: SomeException) -> do
                    putStrLn ("FAILED " ++ name ++ ": " ++ show stop)
                    return False
        unless (and passed) exitFailure
  where
    offset (Field place) = place
