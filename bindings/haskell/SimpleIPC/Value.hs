{-# LANGUAGE OverloadedStrings #-}

-- | Values: what Haskell has for what travels.
module SimpleIPC.Value
    ( Value (..), Dtype (..), Tensor (..), Memory (..), Element (..), ToValue (..), FromValue (..)
    , tensor, tensorAt, tensorOfBytes, dtypeSize, field
    ) where

import Control.Exception (ArithException (Overflow), throw)
import Data.Bits (toIntegralSized)
import Data.ByteString (ByteString)
import qualified Data.ByteString.Internal as B (toForeignPtr)
import Data.Char (GeneralCategory (Surrogate), generalCategory)
import Data.Int (Int16, Int32, Int64, Int8)
import Data.IORef (IORef)
import Data.Maybe (fromMaybe)
import Data.String (IsString (..))
import Data.Text (Text)
import qualified Data.Text as T
import Data.Word (Word16, Word32, Word64, Word8)
import Foreign.ForeignPtr
import Foreign.Marshal.Array (pokeArray)
import Foreign.Storable (Storable, sizeOf)
import GHC.Float (float2Double)
import System.IO.Unsafe (unsafePerformIO)

-- | What is sent and what arrives. An int stays an int; a map keeps its order.
data Value
    = Null
    | Bool !Bool
    | Int !Int64
    | Uint !Word64
    | Float !Double -- ^ all bits kept
    | Str !Text
    | Bytes !ByteString
    | List ![Value]
    | Map ![(Text, Value)] -- ^ no key twice
    | Tensor !Tensor
    | Opaque !Text !ByteString -- ^ a content type, as application/json, and its data
    deriving (Show)

instance IsString Value where
    fromString = toValue

-- | The value of a key of a map, else 'Null'.
field :: Text -> Value -> Value
field key (Map pairs) = fromMaybe Null (lookup key pairs)
field _ _ = Null

-- | The type of a tensor's elements, numbered as in the C surface.
data Dtype
    = Boolean | U8 | I8 | U16 | I16 | U32 | I32 | U64 | I64 | F16 | F32 | F64 | C64 | C128
    deriving (Bounded, Enum, Eq, Ord, Show)

-- | Bytes of one element.
dtypeSize :: Dtype -> Int
dtypeSize dtype = case dtype of
    Boolean -> 1
    U8 -> 1
    I8 -> 1
    U16 -> 2
    I16 -> 2
    F16 -> 2
    U64 -> 8
    I64 -> 8
    F64 -> 8
    C64 -> 8
    C128 -> 16
    _ -> 4

-- | Numbers of one type. Their memory is not copied: neither before it is sent nor when it was
-- received, and then it is there, to be read only, until the message is released.
data Tensor = RawTensor
    { tensorDtype :: !Dtype
    , tensorShape :: ![Int] -- ^ elements along each dimension, at most 8; none is one element
    , tensorStrides :: ![Int] -- ^ bytes from one element to the next; none if it is dense
    , tensorFormat :: !Text -- ^ what the numbers mean, as rgb8
    , tensorMemory :: !Memory
    }

instance Show Tensor where
    showsPrec depth one = showParen (depth > 10) $
        showString "RawTensor " . shows (tensorDtype one) . showChar ' '
            . shows (tensorShape one) . showChar ' ' . shows (tensorFormat one)

-- | Memory, its length in bytes and, if it is a message's, whether that was released.
data Memory = Memory !(ForeignPtr Word8) !Int !(Maybe (IORef Bool))

-- | A type of Haskell that is a tensor's element.
class Storable element => Element element where
    dtypeOf :: proxy element -> Dtype

instance Element Word8 where dtypeOf _ = U8
instance Element Int8 where dtypeOf _ = I8
instance Element Word16 where dtypeOf _ = U16
instance Element Int16 where dtypeOf _ = I16
instance Element Word32 where dtypeOf _ = U32
instance Element Int32 where dtypeOf _ = I32
instance Element Word64 where dtypeOf _ = U64
instance Element Int64 where dtypeOf _ = I64
instance Element Float where dtypeOf _ = F32
instance Element Double where dtypeOf _ = F64

-- | A dense tensor of a shape, a format and its elements, which are copied.
tensor :: Element element => [Int] -> Text -> [element] -> Tensor
tensor shape format list = unsafePerformIO $ do
    let count = length list
    memory <- mallocForeignPtrArray count
    withForeignPtr memory (`pokeArray` list)
    return (tensorAt shape format memory count)

-- | A dense tensor of so many elements that are somewhere, as those of a storable vector.
tensorAt :: Element element => [Int] -> Text -> ForeignPtr element -> Int -> Tensor
tensorAt shape format memory count =
    RawTensor (dtypeOf memory) shape [] format (Memory (castForeignPtr memory) bytes Nothing)
  where
    bytes = count * sizeOf (elementOf memory)
    elementOf :: ForeignPtr element -> element
    elementOf _ = undefined -- only its type is asked for

-- | A dense tensor of bytes that are not copied.
tensorOfBytes :: Dtype -> [Int] -> Text -> ByteString -> Tensor
tensorOfBytes dtype shape format bytes =
    RawTensor dtype shape [] format (Memory (memory `plusForeignPtr` start) count Nothing)
  where
    (memory, start, count) = B.toForeignPtr bytes

-- | What can be sent. An 'Integer' beyond 64 bits is an 'Overflow', a 'String' that is no text
-- (half of a surrogate pair) an 'IOError': before anything is sent.
class ToValue a where
    toValue :: a -> Value
    listToValue :: [a] -> Value
    listToValue = List . map toValue

instance ToValue Value where toValue = id
instance ToValue () where toValue () = Null
instance ToValue Bool where toValue = Bool
instance ToValue Int where toValue = Int . fromIntegral
instance ToValue Int8 where toValue = Int . fromIntegral
instance ToValue Int16 where toValue = Int . fromIntegral
instance ToValue Int32 where toValue = Int . fromIntegral
instance ToValue Int64 where toValue = Int
instance ToValue Word where toValue = Uint . fromIntegral
instance ToValue Word8 where toValue = Uint . fromIntegral
instance ToValue Word16 where toValue = Uint . fromIntegral
instance ToValue Word32 where toValue = Uint . fromIntegral
instance ToValue Word64 where toValue = Uint
instance ToValue Float where toValue = Float . float2Double
instance ToValue Double where toValue = Float
instance ToValue Text where toValue = Str
instance ToValue ByteString where toValue = Bytes
instance ToValue Tensor where toValue = Tensor
instance ToValue a => ToValue (Maybe a) where toValue = maybe Null toValue
instance ToValue a => ToValue [a] where toValue = listToValue

instance ToValue Integer where
    toValue number = case (toIntegralSized number, toIntegralSized number) of
        (Just signed, _) -> Int signed
        (_, Just unsigned) -> Uint unsigned
        _ -> throw Overflow

instance ToValue Char where
    toValue letter = listToValue [letter]
    listToValue text
        | any ((== Surrogate) . generalCategory) text =
            throw (userError "half of a surrogate pair is no text")
        | otherwise = Str (T.pack text)

-- | What a value can be read as: an int or uint as any integer that can hold it and as floating
-- point, everything else as what it is.
class FromValue a where
    fromValue :: Value -> Maybe a
    listFromValue :: Value -> Maybe [a]
    listFromValue (List items) = traverse fromValue items
    listFromValue _ = Nothing

integer :: (Integer -> Maybe a) -> Value -> Maybe a
integer fit (Int number) = fit (toInteger number)
integer fit (Uint number) = fit (toInteger number)
integer _ _ = Nothing

instance FromValue Value where fromValue = Just
instance FromValue Int where fromValue = integer toIntegralSized
instance FromValue Int8 where fromValue = integer toIntegralSized
instance FromValue Int16 where fromValue = integer toIntegralSized
instance FromValue Int32 where fromValue = integer toIntegralSized
instance FromValue Int64 where fromValue = integer toIntegralSized
instance FromValue Word where fromValue = integer toIntegralSized
instance FromValue Word8 where fromValue = integer toIntegralSized
instance FromValue Word16 where fromValue = integer toIntegralSized
instance FromValue Word32 where fromValue = integer toIntegralSized
instance FromValue Word64 where fromValue = integer toIntegralSized
instance FromValue Integer where fromValue = integer Just
instance FromValue a => FromValue [a] where fromValue = listFromValue

instance FromValue () where
    fromValue Null = Just ()
    fromValue _ = Nothing

instance FromValue Bool where
    fromValue (Bool truth) = Just truth
    fromValue _ = Nothing

instance FromValue Double where
    fromValue (Float number) = Just number
    fromValue value = fromInteger <$> fromValue value

instance FromValue Text where
    fromValue (Str text) = Just text
    fromValue _ = Nothing

instance FromValue Char where
    fromValue value = fromValue value >>= single
      where
        single [letter] = Just letter
        single _ = Nothing
    listFromValue value = T.unpack <$> fromValue value

instance FromValue ByteString where
    fromValue (Bytes bytes) = Just bytes
    fromValue _ = Nothing

instance FromValue Tensor where
    fromValue (Tensor one) = Just one
    fromValue _ = Nothing

instance FromValue a => FromValue (Maybe a) where
    fromValue Null = Just Nothing
    fromValue value = Just <$> fromValue value
