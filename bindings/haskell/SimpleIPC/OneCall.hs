{-# LANGUAGE OverloadedStrings #-}

-- | What needs no handle. All of it may be used by any thread.
module SimpleIPC.OneCall
    ( send, publish, receive, set, get, notify, wait, identify, audit, clean, now, version
    ) where

import Control.Exception (evaluate)
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as B
import Data.Int (Int32, Int64)
import Data.IORef (newIORef)
import Data.Text (Text)
import qualified Data.Text as T
import qualified Data.Text.Encoding as T
import Data.Word (Word64)
import Foreign.C.String (CString)
import Foreign.Marshal.Alloc (alloca, allocaBytes)
import Foreign.Ptr (Ptr, nullPtr)
import Foreign.Storable (peek)
import SimpleIPC.Codec
import SimpleIPC.Error
import SimpleIPC.Generated
import SimpleIPC.Message
import SimpleIPC.Value

-- | Sends a value to a queue; the channel stays open in this process.
send :: Text -> Value -> IO ()
send = putting sipc_send

-- | Publishes a value on a topic, as 'send'.
publish :: Text -> Value -> IO ()
publish = putting sipc_publish

-- | Sets the value of a state, as 'send'.
set :: Text -> Value -> IO ()
set = putting sipc_set

putting :: (CString -> Ptr RawValue -> Ptr RawError -> IO Int32) -> Text -> Value -> IO ()
putting call name given = withName name $ \text -> withValue given 0 $ \raw ->
    unmeant Forever (\complaint _ -> call text raw complaint)

-- | Takes a message out of a queue. It is done when it is released.
receive :: Text -> Timeout -> IO Message
receive name timeout = withName name $ \text -> taking $ \raw ->
    unmeant timeout (\complaint left -> sipc_receive text left raw complaint)

-- | The value of a state as it is now; waits only for a first one.
get :: Text -> Timeout -> IO Message
get name timeout = withName name $ \text -> takingBriefly $ \raw ->
    unmeant timeout (\complaint left -> sipc_get text left raw complaint)

-- | Says that something has happened.
notify :: Text -> IO ()
notify name = withName name $ \text -> unmeant Forever (\complaint _ -> sipc_notify text complaint)

-- | Waits until it happens; how many times since the last time.
wait :: Text -> Timeout -> IO Word64
wait name timeout = withName name $ \text -> alloca $ \out -> do
    unmeant timeout (\complaint left -> sipc_await text left out complaint)
    peek out

-- | Calls what nobody can interrupt on purpose.
unmeant :: Timeout -> (Ptr RawError -> Int64 -> IO Int32) -> IO ()
unmeant timeout call = do
    never <- newIORef False
    calling (waiting never timeout . call)

-- | What others see as this program's name; 'Nothing' is the file name of the executable.
identify :: Maybe Text -> IO ()
identify = calling . identified

-- | Describes a channel, or all of a directory, as JSON.
audit :: Maybe Text -> Maybe Text -> IO ByteString
audit name directory = orNull name $ \channel -> orNull directory (attempt 65536 channel)
  where
    attempt room channel place = do
        found <- alloca $ \needed -> allocaBytes room $ \buffer -> do
            calling (sipc_audit channel place buffer (fromIntegral room) needed)
            bytes <- fromIntegral <$> peek needed
            if bytes > room
                then return (Left bytes)
                else Right <$> B.packCStringLen (buffer, bytes - 1)
        either (\bytes -> attempt bytes channel place) return found

-- | Removes what nobody uses, and queues whose newest message is older than so many seconds: how
-- many channels.
clean :: Maybe Text -> Double -> IO Word64
clean directory seconds = orNull directory $ \place -> alloca $ \out -> do
    ageMax <- nanoseconds (Seconds seconds)
    calling (sipc_clean place ageMax out)
    peek out

orNull :: Maybe Text -> (CString -> IO a) -> IO a
orNull text use = maybe (use nullPtr) (`withName` use) text

-- | The clock of all time stamps, in nanoseconds.
now :: IO Int64
now = sipc_now_ns

-- | The version of the library.
version :: IO Text
version = sipc_version >>= B.unsafePackCString >>= evaluate . T.copy . T.decodeUtf8
