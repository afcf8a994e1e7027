package org.supvisors.event;

/**
 * Which process event it is, whoever tells it and how often.
 *
 * @param address name of the address where it happened
 * @param boot identity of the life of the supervisord there
 * @param number of the record in that life
 */
public record EventSource(String address, String boot, long number) {}
