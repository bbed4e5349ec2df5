package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R11;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBP;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDI;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against the bytes that GNU's assembler makes of the same instruction, told to write 32 bits of
 * displacement and an index, if none ({@code {disp32} mov rax, [rax+riz*1+16]}, {@code as
 * -mindex-reg}), and the longer prefix where there are two.
 */
class AssemblerTest {
  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "callsAndTheStack",
    "moves",
    "everyKindOfMemoryOperand",
    "arithmetic",
    "tiles",
    "vectors",
    "masks",
    "elementsMoved"
  })
  void writesWhatGnuDoes(String instruction, Consumer<Assembler> code, String bytes) {
    assertThat(hex(code)).isEqualTo(bytes);
  }

  static Stream<Arguments> callsAndTheStack() {
    return Stream.of(
        gnu("call rax", a -> a.call(RAX), "ffd0"),
        gnu("call r11", a -> a.call(R11), "41ffd3"),
        gnu("ret", a -> a.ret(), "c3"),
        gnu("pause", a -> a.pause(), "f390"),
        gnu("syscall", a -> a.systemCall(), "0f05"),
        gnu("push rbx", a -> a.push(RBX), "53"),
        gnu("push r15", a -> a.push(R15), "4157"),
        gnu("pop rbp", a -> a.pop(RBP), "5d"),
        gnu("pop r8", a -> a.pop(R8), "4158"));
  }

  static Stream<Arguments> moves() {
    return Stream.of(
        gnu("mov rax, r15", a -> a.mov(RAX, R15), "4c89f8"),
        gnu("mov r8, rdi", a -> a.mov(R8, RDI), "4989f8"),
        gnu("mov rax, [rdi]", a -> a.mov(RAX, at(RDI)), "488b842700000000"),
        gnu("mov r9, [r10-8]", a -> a.mov(R9, at(R10, -8)), "4d8b8c22f8ffffff"),
        gnu("mov [rsp+64], r14", a -> a.mov(at(RSP, 64), R14), "4c89b42440000000"),
        gnu("mov [r11+8], rdx", a -> a.mov(at(R11, 8), RDX), "4989942308000000"),
        gnu("movabs rcx, 1", a -> a.mov(RCX, 1), "48b90100000000000000"),
        gnu("movabs r12, -2", a -> a.mov(R12, -2), "49bcfeffffffffffffff"),
        gnu(
            "movabs rax, 0x0123456789abcdef",
            a -> a.mov(RAX, 0x0123_4567_89AB_CDEFL),
            "48b8efcdab8967452301"),
        gnu("mov eax, [r8+2]", a -> a.mov32(RAX, at(R8, 2)), "418b842002000000"),
        gnu("mov r13d, [rsi]", a -> a.mov32(R13, at(RSI)), "448bac2600000000"),
        gnu("mov [r9+4], eax", a -> a.mov32(at(R9, 4), RAX), "4189842104000000"),
        gnu("mov [rbx], r10d", a -> a.mov32(at(RBX), R10), "4489942300000000"),
        gnu("mov [rsp+49], al", a -> a.mov8(at(RSP, 49), RAX), "88842431000000"),
        gnu("mov [r12], bl", a -> a.mov8(at(R12), RBX), "41889c2400000000"),
        gnu("lea rax, [rsp+4096]", a -> a.lea(RAX, at(RSP, 4096)), "488d842400100000"),
        gnu("lea r15, [r14+r13*8-1]", a -> a.lea(R15, at(R14, R13, 8, -1)), "4f8dbceeffffffff"),
        gnu("cmovb rcx, rax", a -> a.cmov(Condition.BELOW, RCX, RAX), "480f42c8"),
        gnu("cmova r15, rdx", a -> a.cmov(Condition.ABOVE, R15, RDX), "4c0f47fa"),
        gnu("cmovne rbx, r9", a -> a.cmov(Condition.NOT_EQUAL, RBX, R9), "490f45d9"));
  }

  static Stream<Arguments> everyKindOfMemoryOperand() {
    return Stream.of(
        gnu("mov rax, [rax+16]", a -> a.mov(RAX, at(RAX, 16)), "488b842010000000"),
        gnu("mov rax, [rcx+16]", a -> a.mov(RAX, at(RCX, 16)), "488b842110000000"),
        gnu("mov rax, [rsp+16]", a -> a.mov(RAX, at(RSP, 16)), "488b842410000000"),
        gnu("mov rax, [rbp+16]", a -> a.mov(RAX, at(RBP, 16)), "488b842510000000"),
        gnu("mov rax, [rsi+16]", a -> a.mov(RAX, at(RSI, 16)), "488b842610000000"),
        gnu("mov rax, [r8+16]", a -> a.mov(RAX, at(R8, 16)), "498b842010000000"),
        gnu("mov rax, [r12+16]", a -> a.mov(RAX, at(R12, 16)), "498b842410000000"),
        gnu("mov rax, [r13+16]", a -> a.mov(RAX, at(R13, 16)), "498b842510000000"),
        gnu("mov rax, [r15+16]", a -> a.mov(RAX, at(R15, 16)), "498b842710000000"),
        gnu("mov rax, [rsi+rdx]", a -> a.mov(RAX, at(RSI, RDX)), "488b841600000000"),
        gnu("mov rax, [r9+r11+1024]", a -> a.mov(RAX, at(R9, R11, 1, 1024)), "4b8b841900040000"),
        gnu("mov rax, [rsp+rax+2048]", a -> a.mov(RAX, at(RSP, RAX, 1, 2048)), "488b840400080000"),
        gnu("mov rax, [rsp+r11*2+64]", a -> a.mov(RAX, at(RSP, R11, 2, 64)), "4a8b845c40000000"),
        gnu("mov rax, [rbp+rcx*4]", a -> a.mov(RAX, at(RBP, RCX, 4, 0)), "488b848d00000000"),
        gnu(
            "mov rax, [r13+r12*8-4096]",
            a -> a.mov(RAX, at(R13, R12, 8, -4096)),
            "4b8b84e500f0ffff"),
        gnu("mov rax, [r12+r13*4+1]", a -> a.mov(RAX, at(R12, R13, 4, 1)), "4b8b84ac01000000"),
        gnu("mov rax, [rax+rbp*2+8]", a -> a.mov(RAX, at(RAX, RBP, 2, 8)), "488b846808000000"),
        gnu(
            "mov rax, [r15+r8+305419896]",
            a -> a.mov(RAX, at(R15, R8, 1, 0x1234_5678)),
            "4b8b840778563412"));
  }

  static Stream<Arguments> arithmetic() {
    return Stream.of(
        gnu("add rax, r8", a -> a.add(RAX, R8), "4c01c0"),
        gnu("add r12, rcx", a -> a.add(R12, RCX), "4901cc"),
        gnu("add rsi, [rdi+8]", a -> a.add(RSI, at(RDI, 8)), "4803b42708000000"),
        gnu("add r13, [rdi+24]", a -> a.add(R13, at(RDI, 24)), "4c03ac2718000000"),
        gnu("add rsi, 2048", a -> a.add(RSI, 2048), "4881c600080000"),
        gnu("add r9, 1024", a -> a.add(R9, 1024), "4981c100040000"),
        gnu("sub rcx, r15", a -> a.sub(RCX, R15), "4c29f9"),
        gnu("sub r14, rax", a -> a.sub(R14, RAX), "4929c6"),
        gnu("sub rsp, 4096", a -> a.sub(RSP, 4096), "4881ec00100000"),
        gnu("sub r10, 256", a -> a.sub(R10, 256), "4981ea00010000"),
        gnu("and rsp, -4096", a -> a.and(RSP, -4096), "4881e400f0ffff"),
        gnu("and r8, 0xfff", a -> a.and(R8, 0xFFF), "4981e0ff0f0000"),
        gnu("cmp rax, r13", a -> a.cmp(RAX, R13), "4c39e8"),
        gnu("cmp r12, rbx", a -> a.cmp(R12, RBX), "4939dc"),
        gnu("cmp r15, [rdi+40]", a -> a.cmp(R15, at(RDI, 40)), "4c3bbc2728000000"),
        gnu("cmp rax, [rdi+40]", a -> a.cmp(RAX, at(RDI, 40)), "483b842728000000"),
        gnu("cmp rcx, 1000", a -> a.cmp(RCX, 1000), "4881f9e8030000"),
        gnu("cmp r11, -1000", a -> a.cmp(R11, -1000), "4981fb18fcffff"),
        gnu("imul rsi, rdx", a -> a.imul(RSI, RDX), "480faff2"),
        gnu("imul r9, rax", a -> a.imul(R9, RAX), "4c0fafc8"),
        gnu("imul rax, r9", a -> a.imul(RAX, R9), "490fafc1"),
        gnu("imul rdx, rdx, 4096", a -> a.imul(RDX, 4096), "4869d200100000"),
        gnu("imul r10, r10, -1024", a -> a.imul(R10, -1024), "4d69d200fcffff"),
        gnu("imul r14, [rdi+48]", a -> a.imul(R14, at(RDI, 48)), "4c0fafb42730000000"),
        gnu("imul rcx, [r8]", a -> a.imul(RCX, at(R8)), "490faf8c2000000000"),
        gnu("div rcx", a -> a.divide(RCX), "48f7f1"),
        gnu("div r9", a -> a.divide(R9), "49f7f1"),
        gnu("shl rdx, 6", a -> a.shiftLeft(RDX, 6), "48c1e206"),
        gnu("shl r14, 4", a -> a.shiftLeft(R14, 4), "49c1e604"),
        gnu("shl rax, cl", a -> a.shiftLeft(RAX), "48d3e0"),
        gnu("shl r13, cl", a -> a.shiftLeft(R13), "49d3e5"),
        gnu("tzcnt rax, rax", a -> a.lowestBit(RAX, RAX), "f3480fbcc0"),
        gnu("tzcnt r9, rcx", a -> a.lowestBit(R9, RCX), "f34c0fbcc9"),
        gnu("tzcnt rdx, r14", a -> a.lowestBit(RDX, R14), "f3490fbcd6"),
        gnu("shr rbx, 5", a -> a.shiftRight(RBX, 5), "48c1eb05"),
        gnu("shr r10, 63", a -> a.shiftRight(R10, 63), "49c1ea3f"),
        gnu(
            "lock xadd [rdi+72], rax",
            a -> a.fetchAndAdd(at(RDI, 72), RAX),
            "f0480fc1842748000000"),
        gnu("lock xadd [r8], r12", a -> a.fetchAndAdd(at(R8), R12), "f04d0fc1a42000000000"),
        gnu("prefetcht0 [rsi+16384]", a -> a.prefetch(at(RSI, 16384)), "0f188c2600400000"),
        gnu("prefetcht0 [r9+r11+64]", a -> a.prefetch(at(R9, R11, 1, 64)), "430f188c1940000000"),
        gnu("prefetcht1 [rsi+4160]", a -> a.prefetchFar(at(RSI, 4160)), "0f18942640100000"));
  }

  static Stream<Arguments> tiles() {
    return Stream.of(
        gnu("ldtilecfg [rax]", a -> a.loadTileShapes(at(RAX)), "c4e27849842000000000"),
        gnu("ldtilecfg [rsp+4096]", a -> a.loadTileShapes(at(RSP, 4096)), "c4e27849842400100000"),
        gnu("ldtilecfg [r9+64]", a -> a.loadTileShapes(at(R9, 64)), "c4c27849842140000000"),
        gnu("tilerelease", a -> a.releaseTiles(), "c4e27849c0"),
        gnu("tilezero tmm0", a -> a.zeroTile(0), "c4e27b49c0"),
        gnu("tilezero tmm7", a -> a.zeroTile(7), "c4e27b49f8"),
        gnu("tileloadd tmm0, [rsi+rdx]", a -> a.loadTile(0, at(RSI, RDX)), "c4e27b4b841600000000"),
        gnu(
            "tileloadd tmm7, [r9+r11+1024]",
            a -> a.loadTile(7, at(R9, R11, 1, 1024)),
            "c4827b4bbc1900040000"),
        gnu(
            "tileloadd tmm4, [rsp+r11+64]",
            a -> a.loadTile(4, at(RSP, R11, 1, 64)),
            "c4a27b4ba41c40000000"),
        gnu("tileloadd tmm3, [r12+rax]", a -> a.loadTile(3, at(R12, RAX)), "c4c27b4b9c0400000000"),
        gnu(
            "tilestored [rsp+rax+64], tmm1",
            a -> a.storeTile(at(RSP, RAX, 1, 64), 1),
            "c4e27a4b8c0440000000"),
        gnu("tilestored [r9+r11], tmm7", a -> a.storeTile(at(R9, R11), 7), "c4827a4bbc1900000000"),
        gnu("tdpbf16ps tmm0, tmm4, tmm6", a -> a.multiplyTiles(0, 4, 6), "c4e24a5cc4"),
        gnu("tdpbf16ps tmm7, tmm5, tmm0", a -> a.multiplyTiles(7, 5, 0), "c4e27a5cfd"),
        gnu("tdpbf16ps tmm3, tmm0, tmm7", a -> a.multiplyTiles(3, 0, 7), "c4e2425cd8"));
  }

  static Stream<Arguments> vectors() {
    return Stream.of(
        gnu("vmovups zmm0, [rsi]", a -> a.load(0, at(RSI)), "62f17c4810842600000000"),
        gnu("vmovups zmm9, [rsp+64]", a -> a.load(9, at(RSP, 64)), "62717c48108c2440000000"),
        gnu("vmovups zmm17, [r9+r11]", a -> a.load(17, at(R9, R11)), "62817c48108c1900000000"),
        gnu("vmovups zmm31, [r13+1]", a -> a.load(31, at(R13, 1)), "62417c4810bc2501000000"),
        gnu("vmovups [r8+64], zmm1", a -> a.store(at(R8, 64), 1), "62d17c48118c2040000000"),
        gnu(
            "vmovups [rsp+r12*8], zmm31",
            a -> a.store(at(RSP, R12, 8, 0), 31),
            "62217c4811bce400000000"),
        gnu("vmovups [r8], ymm0", a -> a.storeHalf(at(R8), 0), "62d17c2811842000000000"),
        gnu("vmovups [rbp+32], ymm25", a -> a.storeHalf(at(RBP, 32), 25), "62617c28118c2520000000"),
        gnu(
            "vbroadcastss zmm9, [rsp+8]",
            a -> a.broadcast(9, at(RSP, 8)),
            "62727d48188c2408000000"),
        gnu("vbroadcastss zmm24, [r12]", a -> a.broadcast(24, at(R12)), "62427d4818842400000000"),
        gnu("vpmovzxwd zmm2, [r9+32]", a -> a.widen(2, at(R9, 32)), "62d27d4833942120000000"),
        gnu(
            "vcvtdq2ps zmm1, dword ptr [rdi+48]{1to16}",
            a -> a.integer(1, at(RDI, 48)),
            "62f17c585b8c2730000000"),
        gnu(
            "vcvtdq2ps zmm17, dword ptr [r9+8]{1to16}",
            a -> a.integer(17, at(R9, 8)),
            "62c17c585b8c2108000000"),
        gnu("vpmovzxwd zmm2, ymm3", a -> a.widen(2, 3), "62f27d4833d3"),
        gnu("vpmovzxwd zmm18, ymm25", a -> a.widen(18, 25), "62827d4833d1"),
        gnu(
            "vfmaddsub213ps zmm0, zmm17, zmm1",
            a -> a.multiplyThenSubtractAdd(0, 17, 1),
            "62f27540a6c1"),
        gnu("vsqrtps zmm0, zmm0", a -> a.squareRoot(0, 0), "62f17c4851c0"),
        gnu("vsqrtps zmm19, zmm8", a -> a.squareRoot(19, 8), "62c17c4851d8"),
        gnu("vmovsldup zmm16, [rax+64]", a -> a.evens(16, at(RAX, 64)), "62e17e4812842040000000"),
        gnu("vmovshdup zmm24, [rax+64]", a -> a.odds(24, at(RAX, 64)), "62617e4816842040000000"),
        gnu("vpermilps zmm1, zmm0, 0xb1", a -> a.permuteWithinFours(1, 0, 0xB1), "62f37d4804c8b1"),
        gnu(
            "vpermilps zmm20, zmm13, 0x4e",
            a -> a.permuteWithinFours(20, 13, 0x4E),
            "62c37d4804e54e"),
        gnu("vshuff32x4 zmm1, zmm0, zmm0, 0x4e", a -> a.permuteFours(1, 0, 0x4E), "62f37d4823c84e"),
        gnu(
            "vshuff32x4 zmm21, zmm30, zmm30, 0xb1",
            a -> a.permuteFours(21, 30, 0xB1),
            "62830d4023eeb1"),
        gnu("vpmovzxwd zmm19, [rsi]", a -> a.widen(19, at(RSI)), "62e27d48339c2600000000"),
        gnu("vpslld zmm2, zmm2, 16", a -> a.shiftLeft(2, 2, 16), "62f16d4872f210"),
        gnu("vpslld zmm31, zmm9, 16", a -> a.shiftLeft(31, 9, 16), "62d1054072f110"),
        gnu("vpslld zmm9, zmm17, 31", a -> a.shiftLeft(9, 17, 31), "62b1354872f11f"),
        gnu("vmovaps zmm0, zmm30", a -> a.move(0, 30), "62917c4828c6"),
        gnu("vmovaps zmm17, zmm9", a -> a.move(17, 9), "62c17c4828c9"),
        gnu("vmovaps zmm15, zmm7", a -> a.move(15, 7), "62717c4828ff"),
        gnu("vpsrld zmm1, zmm2, 16", a -> a.shiftRight(1, 2, 16), "62f1754872d210"),
        gnu("vpsrld zmm17, zmm30, 16", a -> a.shiftRight(17, 30, 16), "6291754072d610"),
        gnu("vpandd zmm17, zmm3, zmm29", a -> a.and(17, 3, 29), "62816548dbcd"),
        gnu("vpandd zmm1, zmm18, zmm2", a -> a.and(1, 18, 2), "62f16d40dbca"),
        gnu("vpxord zmm0, zmm0, zmm0", a -> a.clear(0), "62f17d48efc0"),
        gnu("vpxord zmm9, zmm9, zmm9", a -> a.clear(9), "62513548efc9"),
        gnu("vpxord zmm29, zmm29, zmm29", a -> a.clear(29), "62011540efed"),
        gnu("vaddps zmm0, zmm9, zmm17", a -> a.add(0, 9, 17), "62b1344858c1"),
        gnu("vaddps zmm31, zmm0, zmm9", a -> a.add(31, 0, 9), "62417c4858f9"),
        gnu("vaddps zmm17, zmm31, zmm0", a -> a.add(17, 31, 0), "62e1044058c8"),
        gnu("vsubps zmm0, zmm9, zmm17", a -> a.subtract(0, 9, 17), "62b134485cc1"),
        gnu("vsubps zmm31, zmm0, zmm9", a -> a.subtract(31, 0, 9), "62417c485cf9"),
        gnu("vsubps zmm17, zmm31, zmm0", a -> a.subtract(17, 31, 0), "62e104405cc8"),
        gnu("vmulps zmm0, zmm9, zmm17", a -> a.multiply(0, 9, 17), "62b1344859c1"),
        gnu("vmulps zmm31, zmm0, zmm9", a -> a.multiply(31, 0, 9), "62417c4859f9"),
        gnu("vmulps zmm17, zmm31, zmm0", a -> a.multiply(17, 31, 0), "62e1044059c8"),
        gnu("vdivps zmm0, zmm9, zmm17", a -> a.divide(0, 9, 17), "62b134485ec1"),
        gnu("vdivps zmm31, zmm0, zmm9", a -> a.divide(31, 0, 9), "62417c485ef9"),
        gnu("vdivps zmm17, zmm31, zmm0", a -> a.divide(17, 31, 0), "62e104405ec8"),
        gnu("vscalefps zmm0, zmm9, zmm17", a -> a.scale(0, 9, 17), "62b235482cc1"),
        gnu("vscalefps zmm31, zmm0, zmm9", a -> a.scale(31, 0, 9), "62427d482cf9"),
        gnu("vscalefps zmm17, zmm31, zmm0", a -> a.scale(17, 31, 0), "62e205402cc8"),
        gnu("vfmadd213ps zmm0, zmm9, zmm17", a -> a.multiplyThenAdd(0, 9, 17), "62b23548a8c1"),
        gnu("vfmadd213ps zmm31, zmm0, zmm9", a -> a.multiplyThenAdd(31, 0, 9), "62427d48a8f9"),
        gnu("vfmadd213ps zmm17, zmm31, zmm0", a -> a.multiplyThenAdd(17, 31, 0), "62e20540a8c8"),
        gnu("vfmadd231ps zmm0, zmm9, zmm17", a -> a.addProduct(0, 9, 17), "62b23548b8c1"),
        gnu("vfmadd231ps zmm31, zmm0, zmm9", a -> a.addProduct(31, 0, 9), "62427d48b8f9"),
        gnu("vfmadd231ps zmm17, zmm31, zmm0", a -> a.addProduct(17, 31, 0), "62e20540b8c8"),
        gnu("vmaxps zmm0, zmm0, [r9]", a -> a.maximum(0, 0, at(R9)), "62d17c485f842100000000"),
        gnu(
            "vmaxps zmm17, zmm31, [rsp+64]",
            a -> a.maximum(17, 31, at(RSP, 64)),
            "62e104405f8c2440000000"),
        gnu(
            "vmulps zmm0, zmm9, [rsp+4]{1to16}",
            a -> a.multiplyBroadcast(0, 9, at(RSP, 4)),
            "62f1345859842404000000"),
        gnu(
            "vmulps zmm31, zmm17, [r13+rbx*4]{1to16}",
            a -> a.multiplyBroadcast(31, 17, at(R13, RBX, 4, 0)),
            "6241745059bc9d00000000"),
        gnu(
            "vfmadd231ps zmm15, zmm16, [r9+60]{1to16}",
            a -> a.addProductBroadcast(15, 16, at(R9, 60)),
            "62527d50b8bc213c000000"),
        gnu(
            "vfmadd231ps zmm31, zmm9, [rax]{1to16}",
            a -> a.addProductBroadcast(31, 9, at(RAX)),
            "62623558b8bc2000000000"),
        gnu("vdpbf16ps zmm0, zmm9, zmm17", a -> a.addPairProducts(0, 9, 17), "62b2364852c1"),
        gnu("vdpbf16ps zmm31, zmm0, zmm9", a -> a.addPairProducts(31, 0, 9), "62427e4852f9"),
        gnu("vdpbf16ps zmm17, zmm31, zmm0", a -> a.addPairProducts(17, 31, 0), "62e2064052c8"),
        gnu(
            "vdpbf16ps zmm15, zmm16, [r9+60]{1to16}",
            a -> a.addPairProductsBroadcast(15, 16, at(R9, 60)),
            "62527e5052bc213c000000"),
        gnu(
            "vdpbf16ps zmm31, zmm9, [r13+rbx*4]{1to16}",
            a -> a.addPairProductsBroadcast(31, 9, at(R13, RBX, 4, 0)),
            "6242365852bc9d00000000"),
        gnu("vreduceps zmm2, zmm1, 1", a -> a.fraction(2, 1), "62f37d4856d101"),
        gnu("vreduceps zmm31, zmm17, 1", a -> a.fraction(31, 17), "62237d4856f901"),
        gnu("vreduceps zmm9, zmm25, 1", a -> a.fraction(9, 25), "62137d4856c901"),
        gnu(
            "vmulps zmm9, zmm29, [r14+128]",
            a -> a.multiply(9, 29, at(R14, 128)),
            "62511440598c2680000000"),
        gnu("vmulps zmm17, zmm0, [rsp]", a -> a.multiply(17, 0, at(RSP)), "62e17c48598c2400000000"),
        gnu("vmaxps zmm0, zmm2, zmm1", a -> a.maximum(0, 2, 1), "62f16c485fc1"),
        gnu("vmaxps zmm17, zmm31, zmm9", a -> a.maximum(17, 31, 9), "62c104405fc9"),
        gnu("vcvtneps2bf16 ymm0, zmm0", a -> a.narrow(0, 0), "62f27e4872c0"),
        gnu("vcvtneps2bf16 ymm31, zmm9", a -> a.narrow(31, 9), "62427e4872f9"),
        gnu("vcvtneps2bf16 ymm9, zmm17", a -> a.narrow(9, 17), "62327e4872c9"),
        gnu("vcvtne2ps2bf16 zmm0, zmm1, zmm0", a -> a.narrow(0, 1, 0), "62f2774872c0"),
        gnu("vcvtne2ps2bf16 zmm17, zmm31, zmm9", a -> a.narrow(17, 31, 9), "62c2074072c9"),
        gnu("vzeroupper", a -> a.clearUppers(), "c5f877"));
  }

  static Stream<Arguments> masks() {
    return Stream.of(
        gnu("{vex3} kmovw k1, eax", a -> a.mask(1, RAX), "c4e17892c8"),
        gnu("{vex3} kmovw k7, r10d", a -> a.mask(7, R10), "c4c17892fa"),
        gnu("{vex3} kmovw eax, k2", a -> a.mask(RAX, 2), "c4e17893c2"),
        gnu("{vex3} kmovw r11d, k6", a -> a.mask(R11, 6), "c4617893de"),
        gnu("vcmpeqps k2, zmm0, zmm17", a -> a.equal(2, 0, 17), "62b17c48c2d100"),
        gnu("vcmpeqps k7, zmm31, zmm9", a -> a.equal(7, 31, 9), "62d10440c2f900"),
        gnu("vcmpeqps k2, zmm0, [rsi]", a -> a.equal(2, 0, at(RSI)), "62f17c48c294260000000000"),
        gnu(
            "vcmpeqps k5, zmm19, [r9+r11+64]",
            a -> a.equal(5, 19, at(R9, R11, 1, 64)),
            "62916440c2ac194000000000"),
        gnu("vmovups zmm1{k1}, [rsi]", a -> a.load(1, 1, at(RSI)), "62f17c49108c2600000000"),
        gnu(
            "vmovups zmm25{k7}, [r12+rax+128]",
            a -> a.load(25, 7, at(R12, RAX, 1, 128)),
            "62417c4f108c0480000000"));
  }

  static Stream<Arguments> elementsMoved() {
    return Stream.of(
        gnu("vunpcklps zmm0, zmm1, zmm2", a -> a.interleaveLow(0, 1, 2), "62f1744814c2"),
        gnu("vunpcklps zmm17, zmm9, zmm31", a -> a.interleaveLow(17, 9, 31), "6281344814cf"),
        gnu("vunpckhps zmm31, zmm17, zmm9", a -> a.interleaveHigh(31, 17, 9), "6241744015f9"),
        gnu("vunpcklpd zmm9, zmm31, zmm17", a -> a.interleaveLow64(9, 31, 17), "6231854014c9"),
        gnu("vunpckhpd zmm17, zmm0, zmm25", a -> a.interleaveHigh64(17, 0, 25), "6281fd4815c9"),
        gnu(
            "vpunpcklwd zmm9, zmm17, [rsp+64]",
            a -> a.interleaveLow16(9, 17, at(RSP, 64)),
            "62717540618c2440000000"),
        gnu(
            "vpunpckhwd zmm31, zmm2, [r14-64]",
            a -> a.interleaveHigh16(31, 2, at(R14, -64)),
            "62416d4869bc26c0ffffff"),
        gnu("vshufi32x4 zmm0, zmm1, zmm2, 136", a -> a.evenLanes(0, 1, 2), "62f3754843c288"),
        gnu("vshufi32x4 zmm31, zmm17, zmm9, 221", a -> a.oddLanes(31, 17, 9), "6243754043f9dd"),
        gnu("vpermt2ps zmm3, zmm26, zmm17", a -> a.permuteBoth(3, 26, 17), "62b22d407fd9"),
        gnu("vpermt2ps zmm16, zmm9, zmm4", a -> a.permuteBoth(16, 9, 4), "62e235487fc4"),
        gnu("vpermw zmm0, zmm28, zmm0", a -> a.permute16(0, 28, 0), "62f29d408dc0"),
        gnu("vpermw zmm17, zmm9, zmm31", a -> a.permute16(17, 9, 31), "6282b5488dcf"));
  }

  @Test
  void jumpsReachBothWays() {
    Label back = new Label();
    Label ahead = new Label();
    String code =
        hex(
            a -> {
              a.bind(back);
              a.ret();
              a.jump(ahead);
              a.jump(Condition.BELOW, back);
              a.jump(Condition.NOT_EQUAL, ahead);
              a.jump(back);
              a.bind(ahead);
              a.ret();
            });
    assertThat(code)
        .isEqualTo(
            "c3" // back: ret
                + "e911000000" // jmp ahead
                + "0f82f4ffffff" // jb back
                + "0f8505000000" // jne ahead
                + "e9e9ffffff" // jmp back
                + "c3"); // ahead: ret
  }

  @ParameterizedTest
  @CsvSource({
    "BELOW, 0f82",
    "NOT_BELOW, 0f83",
    "EQUAL, 0f84",
    "NOT_EQUAL, 0f85",
    "NOT_ABOVE, 0f86",
    "ABOVE, 0f87"
  })
  void jumpsOnEveryCondition(Condition condition, String operation) {
    Label here = new Label();
    String code =
        hex(
            a -> {
              a.bind(here);
              a.jump(condition, here);
            });
    assertThat(code).isEqualTo(operation + "faffffff");
  }

  @Test
  void refusesTheLowestByteOfARegisterThatWouldNeedAnotherPrefix() {
    assertThatThrownBy(() -> new Assembler().mov8(at(RAX), RSI))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("RSI has no byte of its own here");
  }

  @Test
  void refusesOperandsThatTheMachineDoesNotHave() {
    assertThatThrownBy(() -> at(RAX, RSP)).hasMessage("RSP cannot be an index");
    assertThatThrownBy(() -> at(RAX, RCX, 3, 0)).hasMessage("scale 3 is not 1, 2, 4 or 8");
    assertThatThrownBy(() -> at(RAX, RCX, 16, 0)).hasMessage("scale 16 is not 1, 2, 4 or 8");
  }

  private static Arguments gnu(String instruction, Consumer<Assembler> code, String bytes) {
    return arguments(instruction, code, bytes);
  }

  private static String hex(Consumer<Assembler> code) {
    Assembler assembler = new Assembler();
    code.accept(assembler);
    return HexFormat.of().formatHex(assembler.code());
  }
}
