package org.supvisors.event;

import java.util.regex.Pattern;

/**
 * The keys of an encrypted connection, each 40 characters in Z85 as {@code supvisors keys} writes
 * them. The public key of the client has to lie among the clients of the agent.
 *
 * @param serverKey public key of the agent
 * @param publicKey public key of this client
 * @param secretKey secret key of this client
 */
public record CurveKeys(String serverKey, String publicKey, String secretKey) {
    private static final Pattern KEY =
            Pattern.compile("[0-9A-Za-z.:+=^!/*?&<>()\\[\\]{}@%$#-]{40}");

    /**
     * Checks the form of the keys.
     *
     * @param serverKey public key of the agent
     * @param publicKey public key of this client
     * @param secretKey secret key of this client
     * @throws IllegalArgumentException a key is not 40 characters of Z85
     */
    public CurveKeys {
        check("serverKey", serverKey);
        check("publicKey", publicKey);
        check("secretKey", secretKey);
    }

    /**
     * {@return the public keys; the secret one is not shown}
     */
    @Override
    public String toString() {
        return "CurveKeys[serverKey=" + serverKey + ", publicKey=" + publicKey + "]";
    }

    private static void check(String name, String key) {
        if (!KEY.matcher(key).matches()) {
            // the key is not shown: it may be the secret one
            throw new IllegalArgumentException(
                    name + " has " + key.length() + " characters; give the 40 of a key in Z85");
        }
    }
}
