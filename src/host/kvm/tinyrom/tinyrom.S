# tinyrom: the smallest guest that goes all the way. It is the whole firmware of a PC, 64 KiB that end at 4 GiB (and
# are seen a second time below 1 MiB), and walks through every mode of an x86 processor in the order in which every
# operating system does, saying on the serial port where it is:
#
#   real mode, 16 bits      what a processor wakes up in since 1978: no protection, 1 MiB
#   protected mode, 32 bits segments with limits and privileges, 4 GiB
#   long mode, ring 0       64 bits, page tables; where a kernel lives
#   long mode, ring 3       the same without privileges; where programs live
#
# In ring 3 it waits for one-letter commands on the serial port and answers there:
#
#   c   prints how many times it looked for a command so far
#   w   counts 2^29 down to 0 (two instructions a turn), prints the number of turns
#   m   adds to every word of 64 MiB from 2 MiB on, so that every page of them becomes dirty
#   d   writes to and reads from an address where there is no memory, and prints what it read
#   p   powers off: QEMU's isa-debug-exit on port 0x501, else the port of ACPI where firmware usually puts it. A q35 has
#       nothing there until firmware says so, which this one does not: without isa-debug-exit it goes on.
#   any other letter comes back
#
# A letter that waits when ring 0 is reached is read there: k counts 2^29 down at ring 0; any other is kept for ring 3.
#
# as --32 -o tinyrom.o tinyrom.S && ld -m elf_i386 -Ttext 0xF0000 --oformat binary -o tinyrom.bin tinyrom.o

.set ROM,       0xF0000         # where the copy below 1 MiB begins
.set RAM,       0x100000        # where we copy ourselves to: memory that can be written
.set STACK16,   0x7000
.set STACK3,    0x80000
.set TABLES,    0x10000         # three page tables of 4 KiB: PML4, PDPT, PD
.set NOWHERE,   0x3fe00000      # has a page table entry; a guest with less than 1022 MiB has no memory there

.set UART,      0x3f8           # write: send a byte; read: take one
.set UART_LSR,  0x3fd           # line status; bit 0: a byte waits
.set DEBUG_EXIT, 0x501
.set ACPI_PM1A, 0x604

.set CODE32, 0x08               # selectors: offsets into the table `gdt`, plus 3 for ring 3
.set DATA,   0x10
.set CODE64, 0x18
.set UDATA,  0x20 | 3
.set UCODE,  0x28 | 3

# The same two instructions in both rings, so that their speeds compare. Whoever looks at ecx knows how far it is.
.macro spin
  mov $0x20000000, %ecx
1: dec %ecx
  jnz 1b
.endm

.globl _start
.org 0
_start:

# --- real mode ---------------------------------------------------------------------------------------------------
.code16
start16:
  cli
  mov %cs, %ax                  # the segment 0xf000 is the address 0xf0000
  mov %ax, %ds
  xor %ax, %ax
  mov %ax, %ss
  mov $STACK16, %sp
  mov $(msg16-_start), %si
1: lodsb
  test %al, %al
  jz 2f
  mov $UART, %dx
  out %al, %dx
  jmp 1b
2:
  lgdtl %cs:(gdtr_rom-_start)
  mov %cr0, %eax
  or $1, %al                    # PE: from here on segments are selectors
  mov %eax, %cr0
  ljmpl $CODE32, $(ROM+(start32-_start))

# --- protected mode ----------------------------------------------------------------------------------------------
.code32
start32:
  mov $DATA, %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %ss
  mov $STACK16, %esp
  mov $(ROM+(msg32-_start)), %esi
  call puts
  # Copy ourselves into RAM: a ROM cannot be written, and the processor may want to mark descriptors as used.
  mov $ROM, %esi
  mov $RAM, %edi
  mov $((romend-_start+3)/4), %ecx
  cld
  rep movsl
  # Page tables that map the first GiB to itself, in pages of 2 MiB, open to ring 3 (7 = present, writable, user).
  mov $TABLES, %edi
  xor %eax, %eax
  mov $(3*1024), %ecx
  rep stosl
  movl $(TABLES+0x1007), TABLES
  movl $(TABLES+0x2007), TABLES+0x1000
  mov $(TABLES+0x2000), %edi
  mov $0x87, %eax               # 0x80: this entry is a page, not a table
  mov $512, %ecx
1: mov %eax, (%edi)
  add $8, %edi
  add $0x200000, %eax
  loop 1b
  lgdtl RAM+(gdtr_ram-_start)
  mov %cr4, %eax
  or $0x220, %eax               # PAE: tables of 64-bit entries; OSFXSR: SSE may be used
  mov %eax, %cr4
  mov $TABLES, %eax
  mov %eax, %cr3
  mov $0xc0000080, %ecx         # the register EFER
  rdmsr
  or $0x100, %eax               # LME: long mode as soon as paging is on
  wrmsr
  mov %cr0, %eax
  or $0x80000002, %eax          # PG: paging; MP and not EM: floating point is ours
  and $~4, %eax
  mov %eax, %cr0
  ljmpl $CODE64, $(RAM+(start64-_start))

# Assembles to the same bytes for 32 and 64 bits, so both modes call it.
puts:
1: lodsb
  test %al, %al
  jz 2f
  mov $UART, %dx
  out %al, %dx
  jmp 1b
2: ret

# --- long mode, ring 0 -------------------------------------------------------------------------------------------
.code64
start64:
  mov $DATA, %eax
  mov %eax, %ss
  mov $(RAM+(msg64-_start)), %esi
  call puts
  xor %r15d, %r15d              # the letter kept for ring 3; 0: none
  mov $UART_LSR, %dx
  in %dx, %al
  test $1, %al
  jz to_ring3
  mov $UART, %dx
  in %dx, %al
  cmp $'k', %al
  je kernel_spin
  movzbl %al, %r15d
  jmp to_ring3
kernel_spin:
  spin
to_ring3:
  # The only way to a lesser ring is to return to it: as if an interrupt had come from there.
  pushq $UDATA
  pushq $STACK3
  pushq $0x3002                 # flags: IOPL 3, so that ring 3 may use ports; no interrupts
  pushq $UCODE
  pushq $(RAM+(user-_start))
  iretq

# --- long mode, ring 3 -------------------------------------------------------------------------------------------
user:
  mov $(RAM+(msg_user-_start)), %esi
  call puts
  xor %ebx, %ebx                # how many times we looked
  mov %r15d, %eax
  test %al, %al
  jnz dispatch
wait:
  inc %rbx
  mov $UART_LSR, %dx
  in %dx, %al
  test $1, %al
  jz wait
  mov $UART, %dx
  in %dx, %al
dispatch:
  cmp $'c', %al
  je cmd_count
  cmp $'w', %al
  je cmd_work
  cmp $'m', %al
  je cmd_memory
  cmp $'d', %al
  je cmd_device
  cmp $'p', %al
  je cmd_power
  mov $UART, %dx
  out %al, %dx
  jmp wait

cmd_count:
  mov %rbx, %rax
  jmp answer
cmd_work:
  spin
  mov $0x20000000, %eax
  jmp answer
cmd_memory:
  mov $0x200000, %edi
  mov $(64<<17), %ecx
1: add %rbx, (%rdi)
  add $8, %rdi
  dec %ecx
  jnz 1b
  mov %rbx, %rax
  jmp answer
cmd_device:
  mov $NOWHERE, %edi
  mov $0x6c6c6568, %eax         # "hell"
  mov %eax, (%rdi)
  mov (%rdi), %eax
  jmp answer
cmd_power:
  mov $DEBUG_EXIT, %dx
  mov $1, %al
  out %al, %dx
  mov $ACPI_PM1A, %dx
  mov $0x2000, %ax
  out %ax, %dx
  jmp wait

# Prints rax as 16 hexadecimal digits and goes on waiting.
answer:
  mov $16, %ecx
1: rol $4, %rax
  push %rax
  and $15, %al
  add $'0', %al
  cmp $'9', %al
  jbe 2f
  add $('a'-'9'-1), %al
2: mov $UART, %dx
  out %al, %dx
  pop %rax
  dec %ecx
  jnz 1b
  mov $'\n', %al
  out %al, %dx
  jmp wait

# --- data --------------------------------------------------------------------------------------------------------
msg16: .asciz "TINYROM r16\n"
msg32: .asciz "TINYROM p32\n"
msg64: .asciz "TINYROM long cpl0\n"
msg_user: .asciz "TINYROM ring3 READY\n"

# Segments from 0 to the end, for each ring and width. They are marked as used (accessed) from the start: otherwise the
# processor would have to write into this ROM when they are loaded.
.align 8
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff      # CODE32
  .quad 0x00cf93000000ffff      # DATA
  .quad 0x00af9b000000ffff      # CODE64
  .quad 0x00cff3000000ffff      # UDATA
  .quad 0x00affb000000ffff      # UCODE
gdtend:
gdtr_rom:
  .word gdtend-gdt-1
  .long ROM+(gdt-_start)
gdtr_ram:
  .word gdtend-gdt-1
  .long RAM+(gdt-_start)
romend:

# 16 bytes below 4 GiB: the first instruction after power-on.
.org 0xfff0
.code16
reset: ljmp $0xf000, $(start16-_start)
.org 0x10000
