/* The kernel's part of the capture: a classic BPF program. Its packets begin with the IP header. */
#include "../socket/address.h"
#include "vpa_capture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* Longest IPv4 header, UDP header, SPI. */
#define SNAP 72
#define NAT_T_PORT 4500
#define IPV6_HEADER 40

_Static_assert(sizeof(struct vpa_bpf) == sizeof(struct sock_filter), "the same layout");

/* A program under way; once it is too long nothing more is written. */
struct program {
  struct vpa_bpf *code;
  size_t length;
  size_t capacity;
  bool overflown;
};

static void emit(struct program *program, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k) {
  if (program->length == program->capacity) {
    program->overflown = true;
    return;
  }
  program->code[program->length++] = (struct vpa_bpf){code, jt, jf, k};
}

static void load(struct program *program, uint16_t code, uint32_t k) {
  emit(program, BPF_LD | code, 0, 0, k);
}

/* Jumps reach 255 instructions at most, hence a return behind each condition. */
static void require_equal(struct program *program, uint32_t value) {
  emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
  emit(program, BPF_RET | BPF_K, 0, 0, 0);
}

static void refuse_equal(struct program *program, uint32_t value) {
  emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
  emit(program, BPF_RET | BPF_K, 0, 0, 0);
}

static void refuse_bits(struct program *program, uint32_t bits) {
  emit(program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
  emit(program, BPF_RET | BPF_K, 0, 0, 0);
}

/* Addressed to this host; X is where the ESP header begins, M[0] the SPI. */
static void find_spi(struct program *program, uint8_t family) {
  load(program, BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
  require_equal(program, PACKET_HOST);
  if (family == 4)
    emit(program, BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0);
  else
    emit(program, BPF_LDX | BPF_W | BPF_IMM, 0, 0, IPV6_HEADER);
  load(program, BPF_B | BPF_ABS, family == 4 ? 9 : 6);
  emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 10, IPPROTO_UDP);
  load(program, BPF_H | BPF_IND, 2);
  require_equal(program, NAT_T_PORT);
  load(program, BPF_W | BPF_IND, 8); /* 0: IKE. A keepalive is too short for it. */
  refuse_equal(program, 0);
  emit(program, BPF_MISC | BPF_TXA, 0, 0, 0);
  emit(program, BPF_ALU | BPF_ADD | BPF_K, 0, 0, 8);
  emit(program, BPF_MISC | BPF_TAX, 0, 0, 0);
  emit(program, BPF_JMP | BPF_JA, 0, 0, 2);
  require_equal(program, IPPROTO_ESP);
  load(program, BPF_W | BPF_IND, 0);
  emit(program, BPF_ST, 0, 0, 0);
}

static uint32_t word(const struct vpa_ip *ip, int index) {
  uint64_t half = index < 2 ? ip->high : ip->low;
  return (uint32_t)(index % 2 ? half : half >> 32);
}

/* Each source that fits ends in a jump, patched to where the list ends. */
static size_t match_source(struct program *program, const struct vpa_ip *source) {
  if (source->family == 4) {
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)source->low);
  } else {
    for (int index = 0; index < 4; index++) {
      load(program, BPF_W | BPF_ABS, (uint32_t)(8 + 4 * index));
      emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(7 - 2 * index), word(source, index));
    }
  }
  emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
  return program->length - 1;
}

static int match_sources(struct program *program, uint8_t family, const struct vpa_ip *sources,
                         size_t count) {
  size_t first = program->length, step = family == 4 ? 2 : 9, matched = 0;
  if (family == 4)
    load(program, BPF_W | BPF_ABS, 12);
  for (size_t index = 0; index < count; index++) {
    if (sources[index].family != family)
      continue;
    match_source(program, &sources[index]);
    matched++;
  }
  emit(program, BPF_RET | BPF_K, 0, 0, 0);
  if (matched == 0)
    return -ENOENT;
  if (program->overflown)
    return -E2BIG;
  first += family == 4;
  for (size_t index = 1; index <= matched; index++) {
    size_t jump = first + index * step - 1;
    program->code[jump].k = (uint32_t)(program->length - jump - 1);
  }
  return 0;
}

static bool same_ip(const struct vpa_ip *one, const struct vpa_ip *other) {
  return one->family == other->family && one->high == other->high && one->low == other->low;
}

/* Runs over what follows unless the packet is for this address; returns the jump, which is patched
 * to where that ends. */
static size_t match_destination(struct program *program, const struct vpa_ip *destination) {
  int first = destination->family == 4 ? 3 : 0;
  uint32_t offset = destination->family == 4 ? 16 : 24;
  for (int index = first; index < 4; index++) {
    load(program, BPF_W | BPF_ABS, offset + 4 * (uint32_t)(index - first));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, index == 3, (uint8_t)(6 - 2 * index),
         word(destination, index));
  }
  emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
  return program->length - 1;
}

/* Packets of SAs that are there; neighbours with one destination share its test. What has no room
 * is left out. */
static void refuse_known(struct program *program, uint8_t family, const struct vpa_sa_id *known,
                         size_t count) {
  const size_t most = 4 * 2 + 4; /* a destination and one SPI */
  size_t index = 0;
  while (index < count && program->capacity - program->length >= most) {
    const struct vpa_ip *destination = &known[index].destination;
    if (destination->family != family) {
      index++;
      continue;
    }
    size_t jump = match_destination(program, destination);
    load(program, BPF_MEM, 0);
    for (; index < count && same_ip(&known[index].destination, destination); index++)
      if (program->capacity - program->length >= 2)
        refuse_equal(program, known[index].spi);
    program->code[jump].k = (uint32_t)(program->length - jump - 1);
  }
}

int vpa_capture_filter(uint8_t family, const struct vpa_ip *sources, size_t source_count,
                       const struct vpa_sa_id *known, size_t known_count, struct vpa_bpf *code,
                       size_t capacity) {
  /* The last instruction is kept for the end. */
  struct program program = {.code = code, .capacity = capacity ? capacity - 1 : 0};
  find_spi(&program, family);
  if (family == 4) {
    load(&program, BPF_H | BPF_ABS, 6);
    refuse_bits(&program, 0x1fff); /* a later fragment has no SPI */
  }
  int result = match_sources(&program, family, sources, source_count);
  if (result < 0)
    return result;
  refuse_known(&program, family, known, known_count);
  program.capacity = capacity;
  emit(&program, BPF_RET | BPF_K, 0, 0, SNAP);
  return (int)program.length;
}
