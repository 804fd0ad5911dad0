-- | SimpleIPC for Haskell: any program talks to any other program on this machine. To be imported
-- qualified.
--
-- > import qualified SimpleIPC as Ipc
-- > Ipc.send "chat" "hello"                                -- one program
-- > message <- Ipc.receive "chat" Ipc.Forever              -- another one, in any language
--
-- The numbers of statuses are in "SimpleIPC.Generated", as @pattern SIPC_CONFLICT@.
--
-- A handle belongs to one thread at a time; what is said otherwise says so. Every wait ends when an
-- exception comes from outside, as by Ctrl-C, 'System.Timeout.timeout' and
-- 'Control.Concurrent.killThread'.
module SimpleIPC
    ( -- * Errors
      SipcError (..), Failure (..), failed, timely
    , isTimeout, isRetry, isGone, isMisuse, isCorrupt, isSystem
      -- * Values
    , Value (..), field, from, ToValue (..), FromValue (..)
    , Tensor (..), Memory (..), Dtype (..), Element (..), tensor, tensorAt, tensorOfBytes
    , dtypeSize, withBytes, withElements, elements
      -- * Messages
    , Message (..), age, release
      -- * Handles
    , Handle, Options (..), defaults, Timeout (..), with, close
    , Publisher, openPublisher, Subscriber, openSubscriber, Sender, openSender, Receiver
    , openReceiver, Setter, openSetter, Watcher, openWatcher, Notifier, openNotifier, Waiter
    , openWaiter, Lock, openLock
    , Puts, put, putWith, putFilled, Room (..), putIf, noValue, signal
    , Takes, take, withMessage, forMessages, current, await, lock, unlock, withLock
      -- * Services
    , Client, openClient, call, start, startIdempotent, tell, Call, nextReply, result, cancel
    , Server, openServer, nextRequest, Request (..), reply, push, failWith, isCancelled, forget
    , Method (..), on, Handler, serve
      -- * Plugins
    , Host, openHost, Plugin (..), plugin, startPlugin, stopPlugin, pluginClient, Event (..), event
    , openPlugin
      -- * One call
    , send, publish, receive, set, get, notify, wait
      -- * Waiting on several, and being interrupted
    , Source (..), waitAny, descriptor, interrupt
      -- * The rest
    , Peer (..), peers, PeerWatcher, openPeerWatcher, PeerEvent (..), peerEvent, identify
    , audit, clean, now, version
    ) where

import Prelude ()

import SimpleIPC.Codec
import SimpleIPC.Error
import SimpleIPC.Handle
import SimpleIPC.Message
import SimpleIPC.OneCall
import SimpleIPC.Service
import SimpleIPC.Value
