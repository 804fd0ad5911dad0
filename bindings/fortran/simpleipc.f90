! Any program talks to any other program on this machine; see README.md.
module simpleipc
    use simpleipc_values, only: sipc_item, sipc_value, sipc_uint, sipc_null, sipc_bytes, &
        sipc_opaque, sipc_tensor, sipc_class
    use simpleipc_channels, only: sipc_message, sipc_loan, sipc_options, sipc_handle, &
        sipc_producer, sipc_consumer, sipc_publisher, sipc_subscriber, sipc_sender, sipc_receiver, &
        sipc_setter, sipc_watcher, sipc_notifier, sipc_waiter, sipc_lock, sipc_peer_watcher, &
        sipc_select, sipc_waited, sipc_identify, sipc_version, sipc_now_ns, SIPC_NO_VALUE
    use simpleipc_calls, only: sipc_send, sipc_publish, sipc_set, sipc_receive, sipc_get, &
        sipc_notify, sipc_wait, sipc_peers, sipc_audit, sipc_clean
    use simpleipc_services, only: sipc_client, sipc_server, sipc_request, sipc_host, sipc_work
    use simpleipc_generated
    implicit none
    public
end module
