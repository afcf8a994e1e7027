// Prints every event, with libzmq alone. Usage: plain_sub PORT
//
// Build: g++ -std=c++17 -Wall -Wextra -o plain_sub plain_sub.cpp -lzmq

#include <zmq.h>

#include <cerrno>
#include <iostream>
#include <string>

namespace {

// One frame of a message; sets `more` when another one follows. False when none came.
bool receive_frame(void* socket, std::string& frame, bool& more) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    int size;
    do {
        size = zmq_msg_recv(&message, socket, 0);
    } while (size < 0 && zmq_errno() == EINTR);
    if (size >= 0) {
        frame.assign(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
        more = zmq_msg_more(&message) != 0;
    }
    zmq_msg_close(&message);
    return size >= 0;
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 2) {
        std::cerr << "usage: plain_sub PORT\n";
        return 2;
    }
    const std::string endpoint = std::string("tcp://127.0.0.1:") + argv[1];
    void* context = zmq_ctx_new();
    void* socket = zmq_socket(context, ZMQ_SUB);
    if (zmq_connect(socket, endpoint.c_str()) != 0) {
        std::cerr << endpoint << ": " << zmq_strerror(zmq_errno()) << '\n';
        return 1;
    }
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);

    std::string frame;
    bool more = false;
    while (receive_frame(socket, frame, more)) {
        // Header and body of one message stand on one line.
        std::cout << frame << (more ? " " : "\n") << std::flush;
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
