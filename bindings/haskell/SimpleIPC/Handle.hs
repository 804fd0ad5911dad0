{-# LANGUAGE DataKinds, ExistentialQuantification, ForeignFunctionInterface, KindSignatures #-}
{-# LANGUAGE OverloadedStrings, PatternSynonyms #-}

-- | Handles on queues, topics, states, signals and locks. A handle belongs to one thread at a time.
module SimpleIPC.Handle
    ( Options (..), defaults, Handle (..), Role (..), openAs, openPlace, with, close, interrupt
    , descriptor, inside, giveBack, withChannel, withOptions
    , Publisher, Subscriber, Sender, Receiver, Setter, Watcher, Notifier, Waiter, Lock
    , openPublisher, openSubscriber, openSender, openReceiver, openSetter, openWatcher
    , openNotifier, openWaiter, openLock
    , Puts, put, putWith, putFilled, putIf, noValue, signal
    , Takes, take, takeLasting, withMessage, forMessages, endsLoop, current, await
    , lock, unlock, withLock, Source (..), waitAny
    ) where

import Prelude hiding (take)

import Control.Exception hiding (handle)
import Control.Monad (forM_, unless, void, when)
import Data.Bits ((.|.))
import Data.Int (Int32, Int64)
import Data.IORef
import Data.Text (Text)
import Data.Word (Word32, Word64, Word8)
import Foreign.C.String (CString)
import Foreign.ForeignPtr
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Marshal.Alloc (alloca, allocaBytes)
import Foreign.Marshal.Array (withArrayLen)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr
import Foreign.Storable (peek, poke)
import SimpleIPC.Codec
import SimpleIPC.Error
import SimpleIPC.Generated
import SimpleIPC.Message
import SimpleIPC.Value

-- | How to open a handle.
data Options = Options
    { lossless :: !Bool -- ^ subscriber: the publisher waits for it
    , latest :: !Bool -- ^ subscriber: each take skips to the newest message
    , tap :: !Bool -- ^ subscriber: only look on
    , unstamped :: !Bool -- ^ producer: no time stamps
    , history :: !Word32 -- ^ past messages for who comes late
    , depth :: !Word32 -- ^ how many messages a producer may be ahead
    , poolBytesMax :: !Word64 -- ^ most shared memory for large messages
    , directory :: !(Maybe Text) -- ^ where the channel lives
    , raises :: !Int32 -- ^ waiter: the signal to raise after each notification
    , permits :: !Word32 -- ^ lock: how many may have it at once
    }

-- | Those of a handle of which nothing is said.
defaults :: Options
defaults = Options False False False False 0 0 0 Nothing 0 0

withOptions :: Options -> (Ptr RawOptions -> IO a) -> IO a
withOptions options use = maybe ($ nullPtr) withName (directory options) $ \folder ->
    allocaBytes sizeof_sipc_options $ \raw -> do
        fillBytes raw 0 sizeof_sipc_options
        writeField raw sipc_options_size (fromIntegral sizeof_sipc_options)
        writeField raw sipc_options_flags flags
        writeField raw sipc_options_history (history options)
        writeField raw sipc_options_depth (depth options)
        writeField raw sipc_options_pool_bytes_max (poolBytesMax options)
        writeField raw sipc_options_directory folder
        writeField raw sipc_options_signal (raises options)
        writeField raw sipc_options_permits (permits options)
        use raw
  where
    flags = foldr (.|.) 0 [bit | (True, bit) <- bits]
    bits =
        [ (lossless options, SIPC_OPTION_LOSSLESS), (latest options, SIPC_OPTION_LATEST)
        , (tap options, SIPC_OPTION_TAP), (unstamped options, SIPC_OPTION_UNSTAMPED)
        ]

-- | What a handle is for: the verb.
data Role
    = Publish | Subscribe | Send | Receive | Set | Watch | Notify | Wait | Locks | Call | Serve
    | Peers | Host

-- | A handle. One that is forgotten is closed by the garbage collector, and by the end of the
-- program.
data Handle (verb :: Role) = Handle
    { channel :: !(ForeignPtr RawChannel)
    , channelName :: !Text
    , place :: !(Maybe Text) -- ^ the directory
    , meant :: !(IORef Bool) -- ^ somebody has interrupted it
    , latestTaken :: !(IORef (Maybe Message)) -- ^ is done when the next one is asked for
    , leftovers :: !(IORef [Ptr RawChannel -> IO Int32]) -- ^ to be given back by the next call
    }

type Publisher = Handle 'Publish
type Subscriber = Handle 'Subscribe
type Sender = Handle 'Send
type Receiver = Handle 'Receive
type Setter = Handle 'Set
type Watcher = Handle 'Watch
type Notifier = Handle 'Notify
type Waiter = Handle 'Wait
type Lock = Handle 'Locks

-- | Puts messages on a topic: every subscriber gets each.
openPublisher :: Text -> Options -> IO Publisher
openPublisher = openAs SIPC_ROLE_PUBLISH

-- | Takes the messages of a topic.
openSubscriber :: Text -> Options -> IO Subscriber
openSubscriber = openAs SIPC_ROLE_SUBSCRIBE

-- | Puts messages into a queue: one receiver gets each.
openSender :: Text -> Options -> IO Sender
openSender = openAs SIPC_ROLE_SEND

-- | Takes messages out of a queue. Each is done when it is released or the next one is taken.
openReceiver :: Text -> Options -> IO Receiver
openReceiver = openAs SIPC_ROLE_RECEIVE

-- | Sets a state: each value replaces the one before.
openSetter :: Text -> Options -> IO Setter
openSetter = openAs SIPC_ROLE_SET

-- | Takes values of a state that it has not taken yet.
openWatcher :: Text -> Options -> IO Watcher
openWatcher = openAs SIPC_ROLE_WATCH

-- | Says that something has happened.
openNotifier :: Text -> Options -> IO Notifier
openNotifier = openAs SIPC_ROLE_NOTIFY

-- | Waits for a signal.
openWaiter :: Text -> Options -> IO Waiter
openWaiter = openAs SIPC_ROLE_WAIT

-- | Has one owner at a time, or with 'permits' a few. Free at once when one dies.
openLock :: Text -> Options -> IO Lock
openLock = openAs SIPC_ROLE_LOCK

openAs :: Word32 -> Text -> Options -> IO (Handle verb)
openAs role name options = withName name $ \text -> openPlace role text name options

-- | By the name as the library takes it.
openPlace :: Word32 -> CString -> Text -> Options -> IO (Handle verb)
openPlace role text name options = mask_ $ withOptions options $ \raw -> alloca $ \out -> do
    calling (sipc_open text role raw out)
    opened <- peek out >>= newForeignPtr closer
    Handle opened name (directory options) <$> newIORef False <*> newIORef Nothing <*> newIORef []

foreign import ccall "&sipc_close" closer :: FinalizerPtr RawChannel

-- | Opens a handle for an action, as @with (openReceiver "chat" defaults) (\receiver -> ...)@.
with :: IO (Handle verb) -> (Handle verb -> IO a) -> IO a
with open = bracket open close

-- | Closes it, also for a thread that waits in it. Again it does nothing. Any thread.
close :: Handle verb -> IO ()
close = finalizeForeignPtr . channel

-- | Ends the wait of another thread in it, or else the next, with SIPC_INTERRUPTED. Any thread.
interrupt :: Handle verb -> IO ()
interrupt handle = do
    writeIORef (meant handle) True
    withChannel handle (callingPlain . sipc_interrupt)

-- | A descriptor for poll; see the C reference.
descriptor :: Handle verb -> IO Int32
descriptor handle = withChannel handle $ \raw -> alloca $ \out -> do
    calling (sipc_fd raw out)
    peek out

withChannel :: Handle verb -> (Ptr RawChannel -> IO a) -> IO a
withChannel = withForeignPtr . channel

-- | Gives a loan or a call back. If another thread is inside the handle just then, that one does it
-- before its wait goes on, in a second at most, or whoever calls next.
giveBack :: Handle verb -> (Ptr RawChannel -> IO Int32) -> IO ()
giveBack handle end = do
    ended <- withChannel handle end
    when (ended == SIPC_BUSY) $ atomicModifyIORef' (leftovers handle) (\rest -> (end : rest, ()))

tidyUp :: Handle verb -> IO ()
tidyUp handle = do
    some <- readIORef (leftovers handle)
    unless (null some) . mask_ $
        atomicModifyIORef' (leftovers handle) (\rest -> ([], rest)) >>= mapM_ (giveBack handle)

-- | Calls what may wait in a handle.
inside :: Handle verb -> Timeout -> (Ptr RawChannel -> Int64 -> Ptr RawError -> IO Int32) -> IO ()
inside handle timeout call = withChannel handle $ \raw ->
    calling $ \complaint -> waiting (meant handle) timeout $ \left -> do
        tidyUp handle
        call raw left complaint

-- | Handles that put values.
class Puts (verb :: Role)

instance Puts 'Publish
instance Puts 'Send
instance Puts 'Set

-- | Publishes, sends or sets a copy of a value; waits for room.
put :: Puts verb => Handle verb -> Value -> IO ()
put handle = putWith handle Forever 0

-- | The same for so long, with the time at which its content was captured.
putWith :: Puts verb => Handle verb -> Timeout -> Int64 -> Value -> IO ()
putWith handle timeout captured given = withValue given captured $ \raw ->
    inside handle timeout (\opened left -> sipc_put opened raw left)

-- | Puts what an action fills in place, which is told where it is and how many bytes: nothing is
-- copied. If the action throws, nothing is put.
putFilled
    :: Puts verb
    => Handle verb -> Timeout -> Int64 -> Room -> (Ptr Word8 -> Int -> IO ()) -> IO ()
putFilled handle timeout captured room fill = withRoom room $ \raw -> mask $ \restore -> do
    inside handle timeout (\opened left -> sipc_loan opened raw left)
    lent <- readField raw sipc_value_data
    bytes <- readField raw sipc_value_len
    writeField raw sipc_value_capture_time_ns captured
    flip onException (giveBack handle (`sipc_unloan` lent)) $ do
        restore (fill lent (fromIntegral bytes))
        inside handle timeout (\opened left -> sipc_put opened raw left)

-- | Sets a state if its value still has this number; else it is an error (SIPC_CONFLICT).
putIf :: Setter -> Timeout -> Word64 -> Value -> IO ()
putIf handle timeout expected given = withValue given 0 $ \raw ->
    inside handle timeout (\opened left -> sipc_put_if opened raw expected left)

-- | The number of a state that has no value yet.
noValue :: Word64
noValue = maxBound

-- | To all who wait, or have the signal open to wait.
signal :: Notifier -> IO ()
signal handle = withValue Null 0 $ \raw ->
    inside handle Forever (\opened left -> sipc_put opened raw left)

-- | Handles that take messages.
class Takes (verb :: Role) where
    -- | Whether its messages count as done when they are released.
    lasts :: Handle verb -> Bool
    lasts _ = False

instance Takes 'Subscribe
instance Takes 'Watch
instance Takes 'Peers
instance Takes 'Host
instance Takes 'Receive where lasts _ = True

-- | Takes the next message.
take :: Takes verb => Handle verb -> Timeout -> IO Message
take handle timeout
    | lasts handle = takeLasting handle timeout
    | otherwise = takingBriefly (takeInto handle timeout)

takeInto :: Handle verb -> Timeout -> Ptr RawMessage -> IO ()
takeInto handle timeout raw = inside handle timeout (\opened left -> sipc_take opened left raw)

-- | Takes one that is kept until it is released or the next one is asked for.
takeLasting :: Handle verb -> Timeout -> IO Message
takeLasting handle timeout = mask_ $ do
    before <- readIORef (latestTaken handle)
    -- Tensors may still be looked at; to the others the message is done all the same.
    forM_ before $ \old -> unless (hasTensor (value old)) (release old)
    message <- taking (takeInto handle timeout)
    message <$ writeIORef (latestTaken handle) (Just message)

-- | Takes a message for an action, and releases it then.
withMessage :: Takes verb => Handle verb -> Timeout -> (Message -> IO a) -> IO a
withMessage handle timeout = bracket (take handle timeout) release

-- | An action for each message, until none comes in time, or the handle is interrupted or closed.
forMessages :: Takes verb => Handle verb -> Timeout -> (Message -> IO a) -> IO ()
forMessages handle timeout work = next
  where
    next = do
        goesOn <- mask $ \restore -> do
            taken <- try (take handle timeout)
            case taken of
                Right message -> True <$ (restore (void (work message)) `finally` release message)
                Left stop -> if endsLoop stop then return False else throwIO stop
        when goesOn next

-- | Nobody says more, or is to be heard.
endsLoop :: SipcError -> Bool
endsLoop stop = status stop `elem` [SIPC_TIMEOUT, SIPC_INTERRUPTED, SIPC_CLOSED]

-- | The value of a state as it is now; waits only for a first one.
current :: Watcher -> Timeout -> IO Message
current handle timeout =
    takingBriefly (\raw -> inside handle timeout (\opened left -> sipc_current opened left raw))

-- | Waits until it happens; how many times since the last time.
await :: Waiter -> Timeout -> IO Word64
await handle timeout = do
    message <- takingBriefly (takeInto handle timeout)
    from (value message)

-- | Waits until it is this handle's. The process that died holding it, if its last owner did.
lock :: Lock -> Timeout -> IO (Maybe Word64)
lock handle timeout = alloca $ \out -> do
    poke out 0
    inside handle timeout (\opened left -> sipc_lock opened left out)
    died <- peek out
    return (if died == 0 then Nothing else Just died)

-- | Gives it back.
unlock :: Lock -> IO ()
unlock handle = withChannel handle (calling . sipc_unlock)

-- | Has it for an action, which is told who died holding it.
withLock :: Lock -> Timeout -> (Maybe Word64 -> IO a) -> IO a
withLock handle timeout = bracket (lock handle timeout) (const (unlock handle))

-- | A handle among several of other roles.
data Source = forall verb. Source (Handle verb)

-- | Waits until one of several handles that take, or clients, has a message, and answers which;
-- then take it with @Seconds 0@. Another receiver may be faster: wait again.
waitAny :: Timeout -> [Source] -> IO Int
waitAny timeout sources = do
    anyMeant <- newIORef False
    alloca $ \out -> withArrayLen raws $ \count opened -> do
        let attempt complaint left = do
                forM_ sources (\(Source handle) -> tidyUp handle)
                ended <- sipc_wait opened (fromIntegral count) left out complaint
                when (ended == SIPC_INTERRUPTED) $
                    mapM takeMeant sources >>= writeIORef anyMeant . or
                return ended
        calling (waiting anyMeant timeout . attempt)
        forM_ sources (\(Source handle) -> touchForeignPtr (channel handle))
        fromIntegral <$> peek out
  where
    raws = [unsafeForeignPtrToPtr (channel handle) | Source handle <- sources]
    takeMeant (Source handle) = atomicModifyIORef' (meant handle) (\one -> (False, one))
