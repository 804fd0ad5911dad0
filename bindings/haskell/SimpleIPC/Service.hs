{-# LANGUAGE DataKinds, OverloadedStrings, PatternSynonyms #-}

-- | Services, plugins and presence.
module SimpleIPC.Service
    ( Client, openClient, call, start, startIdempotent, tell, Call (..), nextReply, result, cancel
    , Server, openServer, openPlugin, Request (..), nextRequest, reply, push, failWith, isCancelled
    , forget, Method (..), on, Handler (..), serve
    , Host, openHost, Plugin (..), plugin, startPlugin, stopPlugin, pluginClient, Event (..), event
    , PeerWatcher, openPeerWatcher, Peer (..), PeerEvent (..), peerEvent, peers
    ) where

import Prelude hiding (take)

import Control.Exception hiding (Handler, handle)
import Control.Monad (unless, void, when)
import Data.Int (Int64)
import Data.IORef (newIORef, readIORef, writeIORef)
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import qualified Data.Text as T
import Data.Typeable (typeOf)
import Data.Word (Word32, Word64)
import Foreign.Marshal.Alloc (alloca)
import Foreign.Ptr (nullPtr)
import Foreign.Storable (peek)
import SimpleIPC.Codec
import SimpleIPC.Error
import SimpleIPC.Generated
import SimpleIPC.Handle
import SimpleIPC.Message
import SimpleIPC.Value

type Client = Handle 'Call
type Server = Handle 'Serve
type Host = Handle 'Host
type PeerWatcher = Handle 'Peers

-- | Calls the methods of a service.
openClient :: Text -> Options -> IO Client
openClient = openAs SIPC_ROLE_CALL

-- | Calls a method with a list of arguments and waits for its result. What the server's program
-- says no with is an error with a 'failure'. A call that does not end in time is cancelled.
call :: Client -> Timeout -> Text -> [Value] -> IO Value
call client timeout method list =
    start client method (if null list then Null else List list) >>= (`result` timeout)

-- | A call in flight.
data Call = InFlight !Client !Word64

-- | Starts a call; up to 64 may be in flight. The arguments are a list, a map or one value.
start :: Client -> Text -> Value -> IO Call
start client method = begin client method 0

-- | The same of a method that may be done again if its server dies.
startIdempotent :: Client -> Text -> Value -> IO Call
startIdempotent client method = begin client method SIPC_CALL_IDEMPOTENT

-- | Calls a method and does not ask what becomes of it.
tell :: Client -> Text -> Value -> IO ()
tell client method = void . begin client method SIPC_CALL_ONE_WAY

begin :: Client -> Text -> Word32 -> Value -> IO Call
begin client method flags given = withName method $ \text -> withValue given 0 $ \raw ->
    alloca $ \out -> do
        inside client Forever (\opened left -> sipc_call opened text raw flags left out)
        InFlight client <$> peek out

-- | The next reply; the last one has no more. After a time-out one may ask again.
nextReply :: Call -> Timeout -> IO Message
nextReply (InFlight client inFlight) timeout = do
    -- A failure comes with a message, too: the error waits until that is read.
    said <- newIORef Nothing
    answer <- takingBriefly $ \raw -> handleJust isFailure (writeIORef said . Just) $
        inside client timeout (\opened left -> sipc_result opened inFlight left raw)
    why <- readIORef said
    case why of
        Nothing -> return answer
        Just stop -> do
            code <- from (field "code" (value answer))
            text <- from (field "message" (value answer))
            let no = Failure code (field "data" (value answer))
            throwIO stop { sentence = text, failure = Just no }
  where
    isFailure stop = if status stop == SIPC_FAILED then Just stop else Nothing

-- | The result, after all other replies. A call that does not end in time is cancelled.
result :: Call -> Timeout -> IO Value
result inFlight@(InFlight client which) timeout = do
    wanted <- nanoseconds timeout
    begun <- sipc_now_ns
    let next left = do
            answer <- nextReply inFlight left
            if not (hasMore answer) then return (value answer) else do
                now <- sipc_now_ns
                let rest = fromIntegral (max 0 (begun + wanted - now)) / 1e9
                next (if wanted < 0 then Forever else Seconds rest)
        givesUp stop = do
            -- Where another thread was inside, it may be asked again.
            unless ((status <$> fromException stop) == Just SIPC_BUSY) $
                giveBack client (`sipc_cancel` which)
            throwIO (stop :: SomeException)
    next timeout `catch` givesUp

-- | Ends it; a server that works on it learns it. One that is over is allowed. SIPC_BUSY while
-- another thread waits in the client, and it goes on.
cancel :: Call -> IO ()
cancel (InFlight client inFlight) =
    withChannel client (\opened -> callingPlain (sipc_cancel opened inFlight))

-- | Takes the calls of a service and answers them.
openServer :: Text -> Options -> IO Server
openServer = openAs SIPC_ROLE_SERVE

-- | The service that this process is to be as a plugin.
openPlugin :: Options -> IO Server
openPlugin = openPlace SIPC_ROLE_SERVE nullPtr ""

-- | A call that was taken and is to be answered.
data Request = Request
    { requestMethod :: !Text
    , requestArgs :: !Value -- ^ a list, a map, one value or null
    , requestMessage :: !Message
    }

-- | The next request. One that is not answered before the next one is taken is an error for its
-- client.
nextRequest :: Server -> Timeout -> IO Request
nextRequest server timeout = do
    message <- takeLasting server timeout
    case value message of
        List [Str method, given] -> return (Request method given message)
        _ -> throwIO (misuse SIPC_CORRUPT "a request is a list of a method and its arguments")

-- | Answers with the result.
reply :: Request -> Value -> IO ()
reply = answerWith 0

-- | Answers with one of several replies; 'reply' is the last one.
push :: Request -> Value -> IO ()
push = answerWith SIPC_REPLY_MORE

-- | Answers with an error of this program: a code, a text and any value.
failWith :: Request -> Int64 -> Text -> Value -> IO ()
failWith request code text given = answerWith SIPC_REPLY_ERROR request
    (Map [("code", Int code), ("message", Str text), ("data", given)])

answerWith :: Word32 -> Request -> Value -> IO ()
answerWith flags request given = withValue given 0 $ \raw ->
    rawMessage (requestMessage request) (\message -> calling (sipc_reply message raw flags))

-- | Whether nobody waits for the answer any more.
isCancelled :: Request -> IO Bool
isCancelled request = (== SIPC_CANCELLED) <$> rawMessage (requestMessage request) sipc_cancelled

-- | Lets go of a request; if it is not answered, that is an error for its client.
forget :: Request -> IO ()
forget = release . requestMessage

-- | What a server can do: a name, whether to do it twice is the same as to do it once, and how.
data Method = Method
    { methodName :: !Text
    , isIdempotent :: !Bool
    , methodWork :: Request -> IO Value
    }

-- | A method that is a function: @on "add" (\\a b -> return (a + b :: Int))@.
on :: Handler function => Text -> function -> Method
on name function = Method name False (handleArgs function . list . requestArgs)
  where
    list Null = []
    list (List items) = items
    list one = [one]

-- | Functions that take arguments as values can be read, and whose result can be sent.
class Handler function where
    handleArgs :: function -> [Value] -> IO Value

instance ToValue result => Handler (IO result) where
    handleArgs work [] = toValue <$> work
    handleArgs _ _ = throwIO (failed badArguments "there are too many arguments" Null)

instance (FromValue arg, Handler function) => Handler (arg -> function) where
    handleArgs _ [] = throwIO (failed badArguments "there are too few arguments" Null)
    handleArgs function (one : others) = case fromValue one of
        Just arg -> handleArgs (function arg) others
        Nothing -> throwIO (failed badArguments ("an argument does not fit: " <> told) Null)
      where
        told = T.take 60 (T.pack (show one))

noSuchMethod, badArguments, broken :: Int64
noSuchMethod = -32601
badArguments = -32602
broken = -32603

-- | Answers calls until the server is interrupted or closed, or none came in time. What a method
-- throws is an error for its caller.
serve :: Server -> Timeout -> [Method] -> IO ()
serve server timeout methods = do
    withValue offer 0 (\raw -> withChannel server (\opened -> calling (sipc_describe opened raw)))
    next
  where
    offer = List (map offered methods)
    offered one = Map [("name", Str (methodName one)), ("idempotent", Bool (isIdempotent one))]
    next = do
        goesOn <- mask $ \restore -> do
            taken <- try (nextRequest server timeout)
            case taken of
                Right request -> True <$ (restore (answer request) `finally` forget request)
                Left stop -> if endsLoop stop then return False else throwIO stop
        when goesOn next
    answer request = case filter ((== requestMethod request) . methodName) methods of
        [] -> do
            let text = "there is no method " <> requestMethod request
            refuse request (failed noSuchMethod text Null)
        one : _ -> do
            done <- try (methodWork one request >>= reply request)
            case done of
                Right () -> return ()
                Left thrown -> maybe (refuse request (excuse thrown)) throwIO (fromOutside thrown)
    -- What is thrown to this thread is no business of the client.
    fromOutside thrown = fromException thrown :: Maybe SomeAsyncException
    excuse thrown@(SomeException one) = case fromException thrown of
        Just stop | Just _ <- failure stop -> stop
        _ -> failed broken (T.pack (show (typeOf one) <> ": " <> displayException one)) Null
    refuse request stop = do
        let Failure code given = fromMaybe (Failure broken Null) (failure stop)
        -- Its client is gone, or was told by the library.
        told <- try (failWith request code (sentence stop) given)
        either (\one -> const (return ()) (one :: SipcError)) return told

-- | Starts programs as plugins and hears what becomes of them.
openHost :: Text -> Options -> IO Host
openHost = openAs SIPC_ROLE_HOST

-- | A program that a host is to start.
data Plugin = Plugin
    { pluginName :: !Text
    , pluginProgram :: !Text
    , pluginArgs :: ![Text]
    , pluginRestarts :: !Int -- ^ how often it is started again
    , pluginSeconds :: !Double -- ^ within which those count
    , pluginHangAfter :: !(Maybe Double) -- ^ seconds for which it may take no call
    }

-- | A name and a program; started again three times a minute.
plugin :: Text -> Text -> Plugin
plugin name program = Plugin name program [] 3 60 Nothing

-- | Starts a plugin and looks after it.
startPlugin :: Host -> Plugin -> IO ()
startPlugin host one = wish host (Map (pairs ++ hang))
  where
    pairs =
        [ ("name", Str (pluginName one)), ("program", Str (pluginProgram one))
        , ("args", toValue (pluginArgs one)), ("restarts", toValue (pluginRestarts one))
        , ("seconds", Float (pluginSeconds one))
        ]
    hang = [("hang_after", Float seconds) | Just seconds <- [pluginHangAfter one]]

-- | Ends a plugin; returns when it has gone.
stopPlugin :: Host -> Text -> IO ()
stopPlugin host name = wish host (Map [("name", Str name), ("stop", Bool True)])

wish :: Host -> Value -> IO ()
wish host given = withValue given 0 $ \raw ->
    withChannel host (\opened -> calling (sipc_plugin opened raw))

-- | A client of a plugin.
pluginClient :: Host -> Text -> IO Client
pluginClient host name = openClient (channelName host <> "." <> name) options
  where
    options = defaults { directory = place host }

-- | Something that has happened to a plugin: see the page of plugins for what comes with it.
data Event = Event
    { eventName :: !Text
    , eventPlugin :: !Text
    , eventFacts :: !Value -- ^ all of it: a map
    }

-- | What happens next.
event :: Host -> Timeout -> IO Event
event host timeout = do
    facts <- value <$> take host timeout
    Event <$> from (field "event" facts) <*> from (field "plugin" facts) <*> pure facts

-- | A handle that somebody has open on a channel.
data Peer = Peer
    { peerPid :: !Int64
    , peerProgram :: !Text
    , peerLanguage :: !Text
    , peerRole :: !Text -- ^ the verb
    , peerSince :: !Int64 -- ^ nanoseconds
    , peerId :: !Int64 -- ^ the sender of its messages
    }
    deriving (Eq, Show)

peerOf :: Value -> IO Peer
peerOf facts = Peer <$> get "pid" <*> get "program" <*> get "language" <*> get "role"
    <*> get "since_ns" <*> get "id"
  where
    get key = from (field key facts)

-- | Somebody has come, or gone.
data PeerEvent = PeerEvent { isUp :: !Bool, peer :: !Peer }

-- | Tells who comes and goes on a channel; who is there already comes first.
openPeerWatcher :: Text -> Options -> IO PeerWatcher
openPeerWatcher = openAs SIPC_ROLE_PEERS

-- | Who comes or goes next.
peerEvent :: PeerWatcher -> Timeout -> IO PeerEvent
peerEvent watcher timeout = do
    facts <- value <$> take watcher timeout
    what <- from (field "event" facts)
    PeerEvent (what == ("up" :: Text)) <$> peerOf facts

-- | Who has a channel open now.
peers :: Text -> Options -> IO [Peer]
peers name options = withName name $ \text -> withOptions options $ \raw -> do
    message <- takingBriefly (calling . sipc_peers text raw)
    from (value message) >>= mapM peerOf
