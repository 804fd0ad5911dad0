{-# LANGUAGE OverloadedStrings, PatternSynonyms #-}

-- | What calls of the library fail with, and how it is called: its structs, its errors, its waits.
-- The first call looks whether it is the right library.
module SimpleIPC.Error
    ( SipcError (..), Failure (..), failed, timely, misuse, from
    , isTimeout, isRetry, isGone, isMisuse, isCorrupt, isSystem
    , Timeout (..), calling, callingPlain, nanoseconds, waiting
    , readField, writeField, fieldAt, withName, withText, identified
    ) where

import Control.Concurrent (yield)
import Control.Exception
import Control.Monad (guard, unless, when)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as B
import Data.Int (Int32, Int64)
import Data.IORef (IORef, atomicModifyIORef')
import Data.Text (Text)
import qualified Data.Text as T
import qualified Data.Text.Encoding as T
import qualified Data.Text.Encoding.Error as T
import Foreign.C.String (CString)
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.Ptr (Ptr, castPtr, nullPtr, plusPtr)
import Foreign.Storable (Storable, peek, poke)
import SimpleIPC.Generated
import SimpleIPC.Value
import System.IO.Unsafe (unsafePerformIO)

-- | What every function fails with. As with 'IOError', predicates tell the classes apart.
data SipcError = SipcError
    { status :: !Int32 -- ^ SIPC_*
    , osCode :: !Int -- ^ the error number of the operating system, or 0
    , sentence :: !Text -- ^ what failed, and what to do
    , failure :: !(Maybe Failure) -- ^ if a server's own program has said no
    }

-- | What a server's own program says beside the sentence.
data Failure = Failure
    { failureCode :: !Int64 -- ^ the program's own
    , failureData :: !Value
    }
    deriving (Show)

instance Show SipcError where
    show = T.unpack . sentence

instance Exception SipcError

-- | What a method throws to answer with an error of its own: a code, a text and any value.
failed :: Int64 -> Text -> Value -> SipcError
failed code text value = SipcError SIPC_FAILED 0 text (Just (Failure code value))

misuse :: Int32 -> Text -> SipcError
misuse number text = SipcError number 0 text Nothing

between :: Int32 -> Int32 -> SipcError -> Bool
between low high one = status one > low && status one <= high

-- | Nothing arrived in time.
isTimeout :: SipcError -> Bool
isTimeout = (== SIPC_TIMEOUT) . status

-- | The classes of errors: try again; open the handle again; mend the call; remove the channel;
-- look at the machine.
isRetry, isGone, isMisuse, isCorrupt, isSystem :: SipcError -> Bool
isRetry = between SIPC_LAST_OK SIPC_LAST_RETRY
isGone = between SIPC_LAST_RETRY SIPC_LAST_GONE
isMisuse = between SIPC_LAST_GONE SIPC_LAST_MISUSE
isCorrupt = between SIPC_LAST_MISUSE SIPC_LAST_CORRUPT
isSystem = between SIPC_LAST_CORRUPT SIPC_LAST_SYSTEM

-- | Nothing if its time is up.
timely :: IO a -> IO (Maybe a)
timely work = either (const Nothing) Just <$> tryJust (guard . isTimeout) work

-- | A value as a type of Haskell; a misuse if it does not fit.
from :: FromValue a => Value -> IO a
from value = maybe (throwIO unfit) return (fromValue value)
  where
    unfit = misuse SIPC_BAD_VALUE ("another value was expected than " <> told)
    told = T.pack (take 60 (show value))

-- | How long to wait. @Seconds 0@ only tries.
data Timeout = Forever | Seconds !Double
    deriving (Eq, Show)

-- | As the library takes it.
nanoseconds :: Timeout -> IO Int64
nanoseconds Forever = return (-1)
nanoseconds (Seconds seconds)
    | seconds >= 0 && seconds < 9e9 = return (ceiling (seconds * 1e9))
    | otherwise = throwIO (misuse SIPC_BAD_ARGUMENT ("no wait is this long: " <> told))
  where
    told = T.pack (show seconds <> " s")

-- | A library of another ABI is refused before anything else of it is called.
library :: ()
library = unsafePerformIO $ do
    theirs <- sipc_abi_version
    when (theirs /= SIPC_ABI_VERSION) $
        throwIO (misuse SIPC_VERSION (T.pack (sentenceOf theirs)))
    _ <- identified Nothing nullPtr
    return ()
  where
    sentenceOf theirs = "libsimpleipc speaks ABI " <> show theirs <> ", this program "
        <> show SIPC_ABI_VERSION
{-# NOINLINE library #-}

-- | Says who this process is.
identified :: Maybe Text -> Ptr RawError -> IO Int32
identified program raw = withText "haskell" $ \language ->
    maybe ($ nullPtr) withName program $ \text -> sipc_identify text language raw

-- | Calls what takes room for an error; throws it.
calling :: (Ptr RawError -> IO Int32) -> IO ()
calling call = do
    evaluate library
    allocaBytes sizeof_sipc_error $ \raw -> do
        writeField raw sipc_error_size (fromIntegral sizeof_sipc_error)
        number <- call raw
        unless (number == SIPC_OK) $ do
            code <- readField raw sipc_error_os_code
            text <- B.packCString (castPtr (fieldAt raw sipc_error_message))
            let told = T.decodeUtf8With T.lenientDecode text
            throwIO (SipcError number (fromIntegral code) told Nothing)

-- | Calls what answers with no more than a status.
callingPlain :: IO Int32 -> IO ()
callingPlain call = do
    evaluate library
    number <- call
    unless (number == SIPC_OK) $ do
        text <- sipc_status_text number >>= B.packCString
        throwIO (misuse number (T.decodeUtf8With T.lenientDecode text))

-- | Attempts until the status is not that a signal came; how the last one ended. The run-time
-- system ends a wait by a signal when an exception comes from outside, as Ctrl-C does, or
-- 'System.Timeout.timeout'; it is let in between two attempts, so that no message is lost. A signal
-- that comes just before the wait is missed: hence the slices.
waiting :: IORef Bool -> Timeout -> (Int64 -> IO Int32) -> IO Int32
waiting meant timeout attempt = do
    wanted <- nanoseconds timeout
    if wanted == 0 then attempt 0 else do
        start <- sipc_now_ns
        let end = if wanted < 0 then maxBound else start + wanted
            next now = do
                let left = end - now
                number <- attempt (min slice left)
                later <- sipc_now_ns
                case number of
                    SIPC_INTERRUPTED -> do
                        isMeant <- atomicModifyIORef' meant (\one -> (False, one))
                        if isMeant then return number else again later
                    _ | isLate number && left > slice && later - now >= slice -> again later
                    _ -> return number
            again now = do
                -- Once for the handler of a signal to be started, once for it to throw.
                yield
                yield
                allowInterrupt
                next (min end now)
        mask_ (next start)
  where
    slice = 1000000000
    isLate number = number == SIPC_TIMEOUT || number == SIPC_FULL

-- | Where a field is.
fieldAt :: Ptr struct -> Field struct a -> Ptr a
fieldAt raw (Field place) = raw `plusPtr` place

readField :: Storable a => Ptr struct -> Field struct a -> IO a
readField raw place = peek (fieldAt raw place)

writeField :: Storable a => Ptr struct -> Field struct a -> a -> IO ()
writeField raw place = poke (fieldAt raw place)

-- | Text that ends with a NUL.
withText :: Text -> (CString -> IO a) -> IO a
withText text use = B.unsafeUseAsCString (T.encodeUtf8 text <> B.singleton 0) use

-- | The same, if it holds no other.
withName :: Text -> (CString -> IO a) -> IO a
withName text use
    | T.any (== '\0') text = throwIO (misuse SIPC_BAD_NAME "there is a NUL in a name")
    | otherwise = withText text use
