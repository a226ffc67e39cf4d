#include "common/http_client/peer_certificate.hpp"

#include "common/net/address.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace common {

namespace {

constexpr std::size_t names_shown = 5;

/// Lives with its session.
struct Note {
    PeerCertificate certificate;
    bool shown = false;
    int first_error = X509_V_OK;
};

void free_note(void*, void* note, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<Note*>(note);
}

// Asio owns the session's app data, hence an index of our own.
int note_index() {
    static const int index = ::SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_note);
    return index;
}

Note& note_of(SSL* session) {
    auto* note = static_cast<Note*>(::SSL_get_ex_data(session, note_index()));
    if (note == nullptr) {
        note = std::make_unique<Note>().release();
        ::SSL_set_ex_data(session, note_index(), note);
    }
    return *note;
}

SSL* session_of(X509_STORE_CTX* store) {
    return static_cast<SSL*>(
        ::X509_STORE_CTX_get_ex_data(store, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
}

std::string name_in(const X509_NAME* name) {
    std::array<char, 256> text{};
    for (const int part : {NID_commonName, NID_organizationName}) {
        if (::X509_NAME_get_text_by_NID(name, part, text.data(), text.size()) > 0) {
            return text.data();
        }
    }
    return "?";
}

std::string address_text(const ASN1_OCTET_STRING* address) {
    const auto* const bytes = ::ASN1_STRING_get0_data(address);
    const auto size = static_cast<std::size_t>(::ASN1_STRING_length(address));
    AddressBytes whole{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; // IPv4-mapped
    constexpr std::size_t ipv4 = 4;
    if (size != ipv4 && size != whole.size()) {
        return "?";
    }
    std::copy_n(bytes, size, whole.end() - static_cast<std::ptrdiff_t>(size));
    return show_address(whole);
}

std::vector<std::string> names_of(const X509* certificate) {
    std::vector<std::string> names;
    const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> all{
        static_cast<GENERAL_NAMES*>(
            ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        ::GENERAL_NAMES_free};
    const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
    for (int i = 0; i < count && names.size() < names_shown; ++i) {
        const auto* const one = sk_GENERAL_NAME_value(all.get(), i);
        if (one->type == GEN_DNS) {
            names.emplace_back(
                reinterpret_cast<const char*>(::ASN1_STRING_get0_data(one->d.dNSName)),
                static_cast<std::size_t>(::ASN1_STRING_length(one->d.dNSName)));
        } else if (one->type == GEN_IPADD) {
            names.push_back(address_text(one->d.iPAddress));
        }
    }
    if (names.empty()) {
        names.push_back(name_in(::X509_get_subject_name(certificate)));
    }
    return names;
}

CertificateFault fault_of_error(int error) {
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return CertificateFault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return CertificateFault::early;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return CertificateFault::other_name;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return CertificateFault::untrusted;
    default:
        return CertificateFault::other;
    }
}

void add_fault(Note& note, int error) {
    const auto fault = fault_of_error(error);
    note.certificate.faults.insert(fault);
    if (fault == CertificateFault::other && note.certificate.other.empty()) {
        note.certificate.other = ::X509_verify_cert_error_string(error);
    }
    note.first_error = note.first_error == X509_V_OK ? error : note.first_error;
}

/// Goes on, so that the next rule is judged as well.
int note_fault(int good, X509_STORE_CTX* store) {
    if (good == 0) {
        add_fault(note_of(session_of(store)), ::X509_STORE_CTX_get_error(store));
    }
    return 1;
}

void note_chain(Note& note, X509_STORE_CTX* store) {
    const auto* const leaf = ::X509_STORE_CTX_get0_cert(store);
    auto& seen = note.certificate;
    note.shown = leaf != nullptr;
    if (leaf == nullptr) {
        return;
    }
    seen.names = names_of(leaf);
    seen.issuer = name_in(::X509_get_issuer_name(leaf));
    seen.self_signed =
        ::X509_NAME_cmp(::X509_get_issuer_name(leaf), ::X509_get_subject_name(leaf)) == 0;
    seen.valid = overlap(valid_time(leaf), valid_time(::X509_STORE_CTX_get0_chain(store)));
}

int verify(X509_STORE_CTX* store, void*) {
    auto& note = note_of(session_of(store));
    ::X509_STORE_CTX_set_verify_cb(store, note_fault);
    const bool judged = ::X509_verify_cert(store) == 1;
    note_chain(note, store);
    if (!judged && note.first_error == X509_V_OK) {
        add_fault(note, ::X509_STORE_CTX_get_error(store));
    }
    ::X509_STORE_CTX_set_error(store, note.first_error);
    return judged && note.first_error == X509_V_OK ? 1 : 0;
}

/// Called where the peer asks for a certificate that the context does not have.
int note_request(SSL* session, X509**, EVP_PKEY**) {
    note_of(session).certificate.asks_for_one = true;
    return 0;
}

} // namespace

void note_certificates(boost::asio::ssl::context& context) {
    ::SSL_CTX_set_cert_verify_callback(context.native_handle(), verify, nullptr);
    ::SSL_CTX_set_client_cert_cb(context.native_handle(), note_request);
}

std::optional<PeerCertificate> peer_certificate(const SSL* session) {
    const auto* const note =
        session == nullptr ? nullptr
                           : static_cast<const Note*>(::SSL_get_ex_data(session, note_index()));
    return note != nullptr && note->shown ? std::optional{note->certificate} : std::nullopt;
}

} // namespace common
