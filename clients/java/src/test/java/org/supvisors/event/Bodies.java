package org.supvisors.event;

/** One body of each kind. */
final class Bodies {
    static final String SUPVISORS = "{\"statecode\":2,\"statename\":\"OPERATION\"}";
    static final String ADDRESS =
            "{\"address_name\":\"alpha\",\"statecode\":2,\"statename\":\"RUNNING\","
                    + "\"remote_time\":1700000000123,\"local_time\":1700000000456,\"loading\":15}";
    static final String APPLICATION =
            "{\"application_name\":\"web\",\"statecode\":2,\"statename\":\"RUNNING\","
                    + "\"major_failure\":false,\"minor_failure\":true}";
    static final String PROCESS =
            "{\"application_name\":\"web\",\"process_name\":\"nginx\",\"statecode\":20,"
                    + "\"statename\":\"RUNNING\",\"expected_exit\":true,"
                    + "\"last_event_time\":1700000000,\"addresses\":[\"alpha\"]}";
    static final String EVENT =
            "{\"group\":\"web\",\"name\":\"nginx\",\"state\":20,\"expected\":true,"
                    + "\"now\":1700000000,\"pid\":4242,\"address\":\"alpha\"}";

    private Bodies() {}
}
