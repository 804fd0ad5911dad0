! Any program talks to any other program on this machine; see README.md.
module simpleipc
    use simpleipc_library, only: sipc_class, sipc_identify, sipc_version, sipc_now_ns
    use simpleipc_items, only: sipc_item, sipc_uint, sipc_null, sipc_bytes, sipc_opaque
    use simpleipc_tensors, only: sipc_tensor
    use simpleipc_values, only: sipc_value
    use simpleipc_options, only: sipc_options
    use simpleipc_messages, only: sipc_message
    use simpleipc_loans, only: sipc_loan
    use simpleipc_channels, only: sipc_handle, sipc_producer, sipc_consumer, sipc_publisher, &
        sipc_subscriber, sipc_sender, sipc_receiver, sipc_setter, sipc_watcher, sipc_notifier, &
        sipc_waiter, sipc_lock, sipc_peer_watcher, sipc_select, sipc_waited, SIPC_NO_VALUE
    use simpleipc_calls, only: sipc_send, sipc_publish, sipc_set, sipc_receive, sipc_get, &
        sipc_notify, sipc_wait, sipc_peers, sipc_audit, sipc_clean
    use simpleipc_services, only: sipc_client, sipc_server, sipc_request, sipc_work
    use simpleipc_plugins, only: sipc_host
    use simpleipc_generated
    implicit none
    public
end module
