{-# LANGUAGE ForeignFunctionInterface, PatternSynonyms #-}

-- | Messages.
module SimpleIPC.Message
    ( Message (..), Held, age, release, taking, takingBriefly, rawMessage, hasTensor
    ) where

import Control.Concurrent (yield)
import Control.Exception
import Control.Monad (forM_, when)
import Data.Int (Int64)
import Data.IORef
import Data.Word (Word64)
import qualified Foreign.Concurrent as Concurrent
import Foreign.ForeignPtr
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr
import Foreign.StablePtr (freeStablePtr, newStablePtr)
import SimpleIPC.Codec
import SimpleIPC.Error (readField, writeField, fieldAt)
import SimpleIPC.Generated
import SimpleIPC.Value
import System.IO.Unsafe (unsafePerformIO)
import System.Mem (performMajorGC)

-- | What was taken. Its value is a copy, but for tensors, which are looked at where they lie.
data Message = Message
    { value :: !Value
    , number :: !Word64 -- ^ grows by one with each message of one sender
    , sender :: !Word64 -- ^ identifies the sending handle
    , missed :: !Word64 -- ^ how many this subscriber has lost before it
    , isRedelivered :: !Bool -- ^ an earlier receiver died while it had it
    , hasMore :: !Bool -- ^ of a reply: others follow
    , isOneWay :: !Bool -- ^ of a request: nobody waits for a reply
    , captureTime :: !Int64 -- ^ nanoseconds, as all times of a message, or 0
    , publishTime :: !Int64
    , receiveTime :: !Int64
    , held :: !(Maybe Held) -- ^ the library's memory, if it is still needed
    }

-- | The struct, and whether it was released.
data Held = Held !(ForeignPtr RawMessage) !(IORef Bool)

-- | Nanoseconds from putting to taking.
age :: Message -> Int64
age message = receiveTime message - publishTime message

-- | The struct, as long as the message is not released.
rawMessage :: Message -> (Ptr RawMessage -> IO a) -> IO a
rawMessage message use = case held message of
    Just (Held memory released) -> do
        mustLast (Just released)
        withForeignPtr memory use
    Nothing -> throwIO wasReleased

-- | Lets go of it and, in a queue, reports it done; again it does nothing. Its tensors cannot be
-- looked at any more. Without it the garbage collector does it. Any thread.
release :: Message -> IO ()
release message = forM_ (held message) $ \(Held memory released) -> do
    writeIORef released True
    finalizeForeignPtr memory

foreign import ccall "&sipc_release" releaser :: FinalizerPtr RawMessage

-- | How many messages there are that are not released, and at how many the garbage collector is to
-- run: to it they are small, so that it might see no reason.
unreleased :: IORef (Int, Int)
unreleased = unsafePerformIO (newIORef (0, goalMin))
{-# NOINLINE unreleased #-}

goalMin :: Int
goalMin = 8

-- | Takes a message by a call, which is kept until it is released.
taking :: (Ptr RawMessage -> IO ()) -> IO Message
taking = takingIf (const True)

-- | The same, but what has no tensor in it is released at once.
takingBriefly :: (Ptr RawMessage -> IO ()) -> IO Message
takingBriefly = takingIf hasTensor

hasTensor :: Value -> Bool
hasTensor (Tensor _) = True
hasTensor (List items) = any hasTensor items
hasTensor (Map pairs) = any (hasTensor . snd) pairs
hasTensor _ = False

takingIf :: (Value -> Bool) -> (Ptr RawMessage -> IO ()) -> IO Message
takingIf mustKeep call = mask_ $ do
    struct <- mallocForeignPtrBytes sizeof_sipc_message
    withForeignPtr struct $ \raw -> do
        fillBytes raw 0 sizeof_sipc_message
        writeField raw sipc_message_size (fromIntegral sizeof_sipc_message)
        call raw
        released <- newIORef False
        memory <- newForeignPtr_ raw
        message <- readMessage memory released raw `onException` sipc_release raw
        if mustKeep (value message)
            then do
                keep struct memory
                return message { held = Just (Held memory released) }
            else message <$ sipc_release raw

-- | Makes memory whose end releases the struct. A finalizer in C is run when the program ends, but
-- otherwise not before the run-time system has nothing else to do; one in Haskell soon, but not at
-- the end. So the one in C belongs to the struct, which lives until the one in Haskell ends it.
keep :: ForeignPtr RawMessage -> ForeignPtr RawMessage -> IO ()
keep struct memory = do
    addForeignPtrFinalizer releaser struct
    root <- newStablePtr struct
    Concurrent.addForeignPtrFinalizer memory $ do
        finalizeForeignPtr struct
        freeStablePtr root
        atomicModifyIORef' unreleased less
    mustCollect <- atomicModifyIORef' unreleased more
    when mustCollect (performMajorGC >> yield)
  where
    less (count, goal) = ((count - 1, goal), ())
    more (count, goal)
        | count + 1 >= goal = ((count + 1, 2 * (count + 1)), True)
        | 4 * (count + 1) < goal = ((count + 1, max goalMin (2 * (count + 1))), False)
        | otherwise = ((count + 1, goal), False)

readMessage :: ForeignPtr RawMessage -> IORef Bool -> Ptr RawMessage -> IO Message
readMessage memory released raw = do
    flags <- readField raw sipc_message_flags
    let content = fieldAt raw sipc_message_value
        has bit = (flags `div` bit) `mod` 2 == 1
    decoded <- decode (\place bytes -> Memory (movedTo place) bytes (Just released)) content
    Message decoded
        <$> readField raw sipc_message_sequence
        <*> readField raw sipc_message_sender
        <*> readField raw sipc_message_missed
        <*> pure (has SIPC_MESSAGE_REDELIVERED)
        <*> pure (has SIPC_MESSAGE_MORE)
        <*> pure (has SIPC_MESSAGE_ONE_WAY)
        <*> readField content sipc_value_capture_time_ns
        <*> readField raw sipc_message_publish_time_ns
        <*> readField raw sipc_message_receive_time_ns
        <*> pure Nothing
  where
    -- Another place, which keeps the message as long as it is known.
    movedTo place = castForeignPtr (memory `plusForeignPtr` (place `minusPtr` start))
    start = unsafeForeignPtrToPtr memory
