{-# LANGUAGE OverloadedStrings #-}

-- | The notation of values: see testing/interop.
module Notation (readValue, showValue) where

import Data.Array.Unboxed (UArray, listArray)
import Data.Array.Base (unsafeAt)
import Data.Bits (shiftR, xor, (.&.))
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as C
import qualified Data.ByteString.Unsafe as B
import Data.ByteString (ByteString)
import Data.Char (toLower)
import Data.List (intercalate)
import Data.Text (Text)
import qualified Data.Text.Encoding as T
import Data.Word (Word32, Word64, Word8)
import Foreign.Ptr (castPtr)
import GHC.Float (castDoubleToWord64, castWord64ToDouble)
import Numeric (readHex, showHex)
import SimpleIPC

-- | Reads one value.
readValue :: String -> Value
readValue text = case readPart text of
    (one, "") -> one
    (_, rest) -> error ("what follows a value is " ++ rest)

readPart :: String -> (Value, String)
readPart ('[' : text) = let (items, rest) = readItems ']' readPart text in (List items, rest)
readPart ('{' : text) = let (pairs, rest) = readItems '}' readPair text in (Map pairs, rest)
  where
    readPair part = (\(one, rest) -> ((key, one), rest)) (readPart (drop 1 behind))
      where
        (name, behind) = break (== ':') (drop 1 part)
        key = T.decodeUtf8 (unhex name)
readPart text = (readWord (take' 1 word) (drop 1 word), rest)
  where
    (word, rest) = break (`elem` [',', ']', '}']) text
    take' count = fst . splitAt count

readItems :: Char -> (String -> (a, String)) -> String -> ([a], String)
readItems end _ (letter : rest) | letter == end = ([], rest)
readItems end one (',' : text) = readItems end one text
readItems end one text = (item : items, rest)
  where
    (item, behind) = one text
    (items, rest) = readItems end one behind

readWord :: String -> String -> Value
readWord kind word = case (kind, parts) of
    ("n", _) -> Null
    ("b", _) -> Bool (word == "1")
    ("i", _) -> Int (read word)
    ("u", _) -> Uint (read word)
    ("d", _) -> Float (castWord64ToDouble (hexNumber word))
    ("s", _) -> Str (T.decodeUtf8 (unhex word))
    ("x", _) -> Bytes (unhex word)
    ("t", [dtype, shape, format, bytes]) -> tensorOf dtype shape format (const (unhex bytes))
    ("T", [dtype, shape, format, seed]) -> tensorOf dtype shape format (`pattern'` read seed)
    ("o", [content, bytes]) -> Opaque (T.decodeUtf8 (unhex content)) (unhex bytes)
    ("X", [count, seed]) -> Bytes (pattern' (read count) (read seed))
    ("S", [count, seed]) -> Str (letters (read count) (read seed))
    _ -> error ("no value " ++ kind ++ word)
  where
    parts = splitOn ':' word

splitOn :: Char -> String -> [String]
splitOn mark text = case break (== mark) text of
    (one, _ : rest) -> one : splitOn mark rest
    (one, "") -> [one]

tensorOf :: String -> String -> String -> (Int -> ByteString) -> Value
tensorOf name shape format fill = Tensor (tensorOfBytes dtype sizes label bytes)
  where
    label = T.decodeUtf8 (unhex format)
    dtype = head [one | one <- [minBound ..], nameOf one == name]
    sizes = if null shape then [] else map read (splitOn 'x' shape)
    bytes = fill (product (dtypeSize dtype : sizes))

nameOf :: Dtype -> String
nameOf Boolean = "bool"
nameOf dtype = map toLower (show dtype)

pattern' :: Int -> Int -> ByteString
pattern' count seed = fst (B.unfoldrN count (\at -> Just (byte at, at + 1)) 0)
  where
    byte at = fromIntegral (seed + at `mod` 251) :: Word8

letters :: Int -> Int -> Text
letters count seed = T.decodeUtf8 (fst (B.unfoldrN count (\at -> Just (letter at, at + 1)) 0))
  where
    letter at = fromIntegral (97 + (seed + at `mod` 23) `mod` 26) :: Word8

unhex :: String -> ByteString
unhex (a : b : rest) = B.pack (go a b rest)
  where
    go high low more = fromIntegral (hexNumber [high, low]) : case more of
        c : d : others -> go c d others
        _ -> []
unhex _ = ""

hexNumber :: String -> Word64
hexNumber = fst . head . readHex

-- | Writes one value.
showValue :: Value -> IO String
showValue one = case one of
    Null -> return "n"
    Bool truth -> return (if truth then "b1" else "b0")
    Int signed -> return ('i' : show signed)
    Uint unsigned -> return ('u' : show unsigned)
    Float float -> return ('d' : padded 16 (castDoubleToWord64 float))
    Str text -> return ('s' : showBytes (T.encodeUtf8 text))
    Bytes bytes -> return ('x' : showBytes bytes)
    Opaque content bytes -> return ('o' : hex (T.encodeUtf8 content) ++ ':' : showBytes bytes)
    List items -> (\told -> "[" ++ intercalate "," told ++ "]") <$> mapM showValue items
    Map pairs -> (\told -> "{" ++ intercalate "," told ++ "}") <$> mapM showPair pairs
    Tensor numbers -> do
        let shape = intercalate "x" (map show (tensorShape numbers))
        bytes <- withBytes numbers $ \place count -> do
            told <- showBytes <$> B.unsafePackCStringLen (castPtr place, count)
            length told `seq` return told
        return ('t' : intercalate ":"
            [nameOf (tensorDtype numbers), shape, hex (T.encodeUtf8 (tensorFormat numbers)), bytes])
  where
    showPair (key, inner) = do
        told <- showValue inner
        return ('s' : showBytes (T.encodeUtf8 key) ++ ':' : told)

showBytes :: ByteString -> String
showBytes bytes
    | B.length bytes <= 64 = hex bytes
    | otherwise = '#' : show (B.length bytes) ++ ":" ++ padded 8 (crc bytes)

hex :: ByteString -> String
hex = concatMap (padded 2) . B.unpack

padded :: (Integral a, Show a) => Int -> a -> String
padded width number' = C.unpack (C.replicate (width - length digits) '0') ++ digits
  where
    digits = showHex number' ""

crc :: ByteString -> Word32
crc = (xor 0xffffffff) . B.foldl' step 0xffffffff
  where
    step before byte = unsafeAt table (place before byte) `xor` (before `shiftR` 8)
    place before byte = fromIntegral ((before `xor` fromIntegral byte) .&. 255)

table :: UArray Int Word32
table = listArray (0, 255) (map (\byte -> iterate turn byte !! 8) [0 .. 255])
  where
    turn bits = (if bits .&. 1 == 1 then 0xedb88320 else 0) `xor` (bits `shiftR` 1)
