{-# LANGUAGE OverloadedStrings, PatternSynonyms, ScopedTypeVariables #-}

-- | How values get into and out of the structs of the library.
module SimpleIPC.Codec
    ( decode, withValue, Room (..), withRoom, withBytes, withElements, elements, mustLast
    , wasReleased
    ) where

import Control.Exception (evaluate, throwIO)
import Control.Monad (forM, forM_, unless, when, zipWithM_)
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Internal as B (toForeignPtr)
import Data.Int (Int64)
import Data.IORef
import Data.Text (Text)
import qualified Data.Text as T
import qualified Data.Text.Encoding as T
import Data.Word (Word8)
import Foreign.ForeignPtr
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Marshal.Array (peekArray)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr
import Foreign.Storable (pokeElemOff)
import SimpleIPC.Error
import SimpleIPC.Generated
import SimpleIPC.Value

wasReleased :: SipcError
wasReleased = misuse SIPC_CLOSED "the message was released"

mustLast :: Maybe (IORef Bool) -> IO ()
mustLast released = forM_ released $ \flag -> do
    isReleased <- readIORef flag
    when isReleased (throwIO wasReleased)

-- | A value; all of it is copied but the memory of tensors, which is lent.
decode :: (Ptr Word8 -> Int -> Memory) -> Ptr RawValue -> IO Value
decode lent raw = do
    kind <- readField raw sipc_value_kind
    case kind of
        SIPC_KIND_NULL -> return Null
        SIPC_KIND_BOOL -> Bool . (/= 0) <$> readField raw sipc_value_i
        SIPC_KIND_INT -> Int <$> readField raw sipc_value_i
        SIPC_KIND_UINT -> Uint <$> readField raw sipc_value_u
        SIPC_KIND_FLOAT -> Float <$> readField raw sipc_value_f
        SIPC_KIND_STR -> Str <$> text raw
        SIPC_KIND_BYTES -> Bytes <$> copy raw
        SIPC_KIND_OPAQUE -> Opaque <$> label <*> copy raw
        SIPC_KIND_LIST -> List <$> items (\at -> decode lent at) 1
        SIPC_KIND_MAP -> Map <$> items (\at -> (,) <$> text at <*> decode lent (behind at)) 2
        SIPC_KIND_TENSOR -> Tensor <$> decodeTensor
        _ -> throwIO (misuse SIPC_CORRUPT ("a value of the unknown kind " <> T.pack (show kind)))
  where
    copy at = do
        place <- readField at sipc_value_data
        bytes <- readField at sipc_value_len
        B.packCStringLen (castPtr place, fromIntegral bytes)
    text at = copy at >>= evaluate . T.decodeUtf8
    label = do
        place <- readField raw sipc_value_label
        bytes <- readField raw sipc_value_label_len
        B.packCStringLen (place, fromIntegral bytes) >>= evaluate . T.decodeUtf8
    behind at = at `plusPtr` sizeof_sipc_value
    items one step = do
        first <- readField raw sipc_value_items
        count <- readField raw sipc_value_count
        forM [1 .. fromIntegral count] $ \index ->
            one (first `plusPtr` (sizeof_sipc_value * step * (index - 1)))
    decodeTensor = do
        dtype <- toEnum . subtract 1 . fromIntegral <$> readField raw sipc_value_dtype
        dimensions <- fromIntegral <$> readField raw sipc_value_ndim
        shape <- map fromIntegral <$> peekArray dimensions (fieldAt raw sipc_value_shape)
        steps <- map fromIntegral <$> peekArray dimensions (fieldAt raw sipc_value_strides)
        place <- readField raw sipc_value_data
        bytes <- readField raw sipc_value_len
        format <- label
        let dense = tail (scanr ((*) . max 1) (dtypeSize dtype) shape)
            fits size step want = size <= 1 || step == want
            isDense = and (zipWith3 fits shape steps dense)
            strides = if isDense then [] else steps
        return (RawTensor dtype shape strides format (lent place (fromIntegral bytes)))

-- | What the library is to read of a value, during an action.
withValue :: Value -> Int64 -> (Ptr RawValue -> IO a) -> IO a
withValue given captured use = do
    kept <- newIORef []
    root <- rawValues kept 1
    encode kept (0 :: Int) root given
    writeField root sipc_value_capture_time_ns captured
    result <- use root
    readIORef kept >>= mapM_ touchForeignPtr
    return result

-- | Structs, all zero but for their sizes.
rawValues :: IORef [ForeignPtr Word8] -> Int -> IO (Ptr RawValue)
rawValues kept count = do
    memory <- mallocForeignPtrBytes (count * sizeof_sipc_value)
    modifyIORef' kept (memory :)
    let first = unsafeForeignPtrToPtr memory
    fillBytes first 0 (count * sizeof_sipc_value)
    forM_ [0 .. count - 1] $ \index ->
        writeField (first `plusPtr` (index * sizeof_sipc_value)) sipc_value_size
            (fromIntegral sizeof_sipc_value)
    return (castPtr first)

encode :: IORef [ForeignPtr Word8] -> Int -> Ptr RawValue -> Value -> IO ()
encode kept depth raw given = case given of
    Null -> kind SIPC_KIND_NULL
    Bool truth -> kind SIPC_KIND_BOOL >> writeField raw sipc_value_i (if truth then 1 else 0)
    Int signed -> kind SIPC_KIND_INT >> writeField raw sipc_value_i signed
    Uint unsigned -> kind SIPC_KIND_UINT >> writeField raw sipc_value_u unsigned
    Float float -> kind SIPC_KIND_FLOAT >> writeField raw sipc_value_f float
    Str text -> kind SIPC_KIND_STR >> putBytes kept raw (T.encodeUtf8 text)
    Bytes bytes -> kind SIPC_KIND_BYTES >> putBytes kept raw bytes
    Opaque content bytes -> do
        kind SIPC_KIND_OPAQUE
        putLabel kept raw content
        putBytes kept raw bytes
    List items -> kind SIPC_KIND_LIST >> nested (length items) items
    Map pairs -> do
        kind SIPC_KIND_MAP
        nested (length pairs) (concat [[Str key, one] | (key, one) <- pairs])
    Tensor one -> do
        let Memory memory bytes released = tensorMemory one
            strides = tensorStrides one
        mustLast released
        writeShape kept raw (tensorDtype one) (tensorShape one) (tensorFormat one)
        unless (null strides || length strides == length (tensorShape one)) $
            throwIO (misuse SIPC_BAD_VALUE "a tensor has as many strides as dimensions")
        zipWithM_ (pokeElemOff (fieldAt raw sipc_value_strides)) [0 ..] (map fromIntegral strides)
        putMemory kept raw memory bytes
  where
    kind = writeField raw sipc_value_kind
    depthMax = 64
    nested count items = do
        when (depth >= depthMax) $
            throwIO (misuse SIPC_BAD_VALUE "lists and maps are nested more than 64 deep")
        first <- rawValues kept (length items)
        writeField raw sipc_value_items first
        writeField raw sipc_value_count (fromIntegral count)
        let place index = first `plusPtr` (index * sizeof_sipc_value)
        zipWithM_ (\index -> encode kept (depth + 1) (place index)) [0 ..] items

putMemory :: IORef [ForeignPtr Word8] -> Ptr RawValue -> ForeignPtr Word8 -> Int -> IO ()
putMemory kept raw memory count = do
    modifyIORef' kept (memory :)
    writeField raw sipc_value_data (unsafeForeignPtrToPtr memory)
    writeField raw sipc_value_len (fromIntegral count)

putBytes :: IORef [ForeignPtr Word8] -> Ptr RawValue -> ByteString -> IO ()
putBytes kept raw bytes = putMemory kept raw (memory `plusForeignPtr` start) count
  where
    (memory, start, count) = B.toForeignPtr bytes

putLabel :: IORef [ForeignPtr Word8] -> Ptr RawValue -> Text -> IO ()
putLabel kept raw text = do
    modifyIORef' kept (memory :)
    writeField raw sipc_value_label (castPtr (unsafeForeignPtrToPtr memory `plusPtr` start))
    writeField raw sipc_value_label_len (fromIntegral count)
  where
    (memory, start, count) = B.toForeignPtr (T.encodeUtf8 text)

writeShape :: IORef [ForeignPtr Word8] -> Ptr RawValue -> Dtype -> [Int] -> Text -> IO ()
writeShape kept raw dtype shape format = do
    when (length shape > fromIntegral SIPC_DIMS_MAX || any (< 0) shape) $
        throwIO (misuse SIPC_BAD_VALUE "a tensor has at most 8 dimensions, none below 0")
    writeField raw sipc_value_kind SIPC_KIND_TENSOR
    writeField raw sipc_value_dtype (fromIntegral (fromEnum dtype + 1))
    writeField raw sipc_value_ndim (fromIntegral (length shape))
    zipWithM_ (pokeElemOff (fieldAt raw sipc_value_shape)) [0 ..] (map fromIntegral shape)
    putLabel kept raw format

-- | What a loan is to hold: bytes, or a tensor of a type, a shape and a format.
data Room = BytesRoom !Int | TensorRoom !Dtype ![Int] !Text

-- | The struct that asks for a loan, during an action.
withRoom :: Room -> (Ptr RawValue -> IO a) -> IO a
withRoom room use = do
    kept <- newIORef []
    raw <- rawValues kept 1
    case room of
        TensorRoom dtype shape format -> writeShape kept raw dtype shape format
        BytesRoom bytes -> do
            when (bytes < 0) $ throwIO (misuse SIPC_BAD_VALUE "there are less than no bytes")
            writeField raw sipc_value_kind SIPC_KIND_BYTES
            writeField raw sipc_value_len (fromIntegral bytes)
    result <- use raw
    readIORef kept >>= mapM_ touchForeignPtr
    return result

-- | Looks at the bytes of a tensor where they are: their place and number.
withBytes :: Tensor -> (Ptr Word8 -> Int -> IO a) -> IO a
withBytes one use = do
    let Memory memory bytes released = tensorMemory one
    mustLast released
    withForeignPtr memory (`use` bytes)

-- | Looks at the elements of a dense tensor where they are: their place and number.
withElements
    :: forall element a. Element element
    => Tensor -> (Ptr element -> Int -> IO a) -> IO a
withElements one use = withBytes one $ \place bytes -> do
    let typed = castPtr place :: Ptr element
    when (dtypeOf typed /= tensorDtype one || not (null (tensorStrides one))) $
        throwIO (misuse SIPC_BAD_ARGUMENT "the tensor has other elements, or gaps")
    use typed (bytes `div` dtypeSize (tensorDtype one))

-- | A copy of the elements of a dense tensor.
elements :: Element element => Tensor -> IO [element]
elements one = withElements one (flip peekArray)
