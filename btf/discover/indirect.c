// SPDX-License-Identifier: GPL-2.0-only
#include "btf/discover/indirect.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char handler[] = "a receive handler: the packet received";
static const char for_xdp[] = "the packet for generic XDP; replaced by a copy with room for it";
static const char to_send[] = "the packet to send; replaced where it must be copied";
static const char copybreak[] = "the packet received; replaced by a copy where it is short";
static const char next_message[] =
	"the message so far, or NULL at first: sent, and a new one allocated";
static const char seen[] = "its struct sk_buff ** is for the last packet it saw in the queue";
static const char joined[] = "its struct sk_buff ** is for the packet it puts together";
static const char dropped[] = "its struct sk_buff ** is the list for dropped packets";
static const char taken[] = "its struct sk_buff ** is for the packet it takes from a queue";
static const char allocated[] = "its struct sk_buff ** is for an skb it allocates";
static const char answer[] = "its struct sk_buff ** is for the answer it waits for";
static const char ring[] = "its struct sk_buff ** is for the skb of the ring";

const struct indirect indirects[] = {
	{"__mptcp_recvmsg_mskq", false, seen},
	{"__netif_receive_skb_core", true,
	 "the packet received; replaced where a handler or XDP makes another of it"},
	{"__qdisc_queue_drop_head", false, dropped},
	{"__send_and_alloc_skb", true, next_message},
	{"__skb_try_recv_datagram", false, seen},
	{"__skb_try_recv_from_queue", false, seen},
	{"ath11k_ce_completed_recv_next", false, ring},
	{"ath11k_dp_rx_full_mon_mpdu_pop", false, joined},
	{"ath11k_dp_rx_h_defrag", false, joined},
	{"ath11k_dp_rx_mon_mpdu_pop", false, joined},
	{"ath12k_ce_completed_recv_next", false, ring},
	{"ath12k_dp_rx_h_defrag", false, joined},
	{"ath12k_dp_tx_align_payload", true, to_send},
	{"ath12k_wifi7_dp_rx_h_defrag", false, joined},
	{"ath12k_wifi7_dp_rx_mon_mpdu_pop", false, joined},
	{"ath_tid_dequeue", false, taken},
	{"ath_tid_pull", false, taken},
	{"batadv_frag_skb_buffer", true, "the fragment; replaced by the merged packet"},
	{"be_send_pkt_to_bmc", true, to_send},
	{"bond_handle_frame", true, handler},
	{"br_handle_frame", true, handler},
	{"br_handle_frame_dummy", true, handler},
	{"brcmf_fws_hanger_poppkt", false, taken},
	{"cake_drop", false, dropped},
	{"cas_rx_process_pkt", false, allocated},
	{"check_cmdresp_status", false, taken},
	{"choke_drop_by_idx", false, dropped},
	{"chtls_recv", true, "the message received"},
	{"cw1200_queue_get_skb", false, taken},
	{"cw1200_rx_cb", true, "the frame received; replaced by NULL where it is kept"},
	{"devlink_dpipe_send_and_alloc_skb", true, next_message},
	{"devlink_nl_msg_reply_and_new", true, next_message},
	{"dma_tx_fragment", true, to_send},
	{"do_xdp_generic", true, for_xdp},
	{"dpaa_a050385_wa", true, to_send},
	{"dpaa_a050385_wa_skb", true, to_send},
	{"enic_rxcopybreak", true, copybreak},
	{"fdp_nci_i2c_read", false, allocated},
	{"fec_enet_copybreak", true, copybreak},
	{"fq_codel_drop", false, dropped},
	{"get_skb_by_index", false,
	 "its struct sk_buff ** is the array of a ring: any of them may be meant"},
	{"get_skb_by_index_ll", false,
	 "its struct sk_buff ** is the array of a ring: any of them may be meant"},
	{"hhf_drop", false, dropped},
	{"hinic_rq_read_next_wqe", false, ring},
	{"hinic_rq_read_wqe", false, ring},
	{"hinic_sq_read_wqe", false, ring},
	{"hinic_sq_read_wqebb", false, ring},
	{"hns_nic_maybe_stop_tso", true, to_send},
	{"hns_nic_maybe_stop_tx", true, to_send},
	{"hns_nic_maybe_stop_tx_v2", true, to_send},
	{"hns_nic_poll_rx_skb", false, allocated},
	{"hsr_handle_frame", true, handler},
	{"ice_get_rx_buf", false, ring},
	{"ice_lag_nop_handler", true, handler},
	{"ieee80211_make_monitor_skb", true,
	 "the frame received; replaced where it needs more room"},
	{"ieee80211_reassemble_add", true, "the frame received; replaced by NULL where it is kept"},
	{"ioc3_alloc_skb", false, allocated},
	{"iptfs_copy_create_frags", true,
	 "the inner packet to send; replaced by its last fragment"},
	{"iptfs_first_skb", true, "the inner packet to send; replaced by its last fragment"},
	{"ipvlan_handle_frame", true, handler},
	{"ipvlan_handle_mode_l2", true, "the packet that a receive handler passed on"},
	{"ipvlan_handle_mode_l3", true, "the packet that a receive handler passed on"},
	{"ipvlan_rcv_frame", true,
	 "the packet for a port; replaced by a copy where others have it"},
	{"islpci_monitor_rx", true, "the frame received; replaced where it needs more room"},
	{"iwl_mei_rx_handler", true, handler},
	{"iwl_mld_set_wake_packet", false, allocated},
	{"ixgb_check_copybreak", true, copybreak},
	{"ixgbe_get_rx_buffer", false, ring},
	{"lan78xx_tx_pend_skb_get", false, taken},
	{"macb_pad_and_fcs", true, to_send},
	{"macsec_handle_frame", true, handler},
	{"macvlan_handle_frame", true, handler},
	{"microread_i2c_read", false, allocated},
	{"move_pkt_msd", false, taken},
	{"mt7615_mcu_alloc_wtbl_req", true, "the message to add to, or NULL"},
	{"mt76_connac_mcu_alloc_wtbl_req", true, "the message to add to, or NULL"},
	{"mt76_mcu_send_and_get_msg", false, answer},
	{"mt7915_mcu_alloc_wtbl_req", true, "the message to add to, or NULL"},
	{"mwifiex_usb_prepare_tx_aggr_skb", false, allocated},
	{"nci_hci_get_param", false, answer},
	{"nci_hci_send_cmd", false, answer},
	{"nci_nfcc_loopback", false, answer},
	{"net_failover_handle_frame", true, handler},
	{"netdev_frame_hook", true, handler},
	{"netif_receive_generic_xdp", true, for_xdp},
	{"netif_skb_check_for_xdp", true, for_xdp},
	{"netvsc_vf_handle_frame", true, handler},
	{"nfc_hci_execute_cmd", false, answer},
	{"nfc_hci_get_param", false, answer},
	{"nfc_hci_send_cmd", false, answer},
	{"nfcmrvl_i2c_read", false, allocated},
	{"nicvf_xdp_rx", false, allocated},
	{"nxp_nci_i2c_fw_read", false, allocated},
	{"nxp_nci_i2c_nci_read", false, allocated},
	{"ocelot_xtr_poll_frame", false, allocated},
	{"octeon_mgmt_dequeue_rx_buffer", false, taken},
	{"p54p_check_rx_ring", false,
	 "its struct sk_buff ** is the array of a ring: any of them may be meant"},
	{"p54p_check_tx_ring", false,
	 "its struct sk_buff ** is the array of a ring: any of them may be meant"},
	{"p54p_refill_rx_ring", false,
	 "its struct sk_buff ** is the array of a ring: any of them may be meant"},
	{"pn533_i2c_read", false, allocated},
	{"pn544_hci_i2c_read", false, allocated},
	{"ppp_prepare_tx_skb", true, to_send},
	{"prepare_reply", false, allocated},
	{"process_cipher", false, allocated},
	{"process_rx", true, "the messages received: the first"},
	{"rmnet_rx_handler", true, handler},
	{"rtw_br_client_tx", true, to_send},
	{"rtw_xmit", true, "the packet to send"},
	{"rx_offload_blackhole", true, "the messages received: the first"},
	{"s3fwrn5_fw_prep_msg", false, allocated},
	{"set_rxd_buffer_pointer", false, "its struct sk_buff ** is a buffer to be received into"},
	{"sfq_drop", false, dropped},
	{"sis190_free_rx_skb", true, "the buffer to free"},
	{"sis190_try_rx_copy", true, copybreak},
	{"skb_array_consume_batched", false, taken},
	{"skb_array_consume_batched_any", false, taken},
	{"skb_array_consume_batched_bh", false, taken},
	{"skb_array_consume_batched_irq", false, taken},
	{"skb_array_unconsume", true, "the packets put back: the first"},
	{"skb_cow_data_for_xdp", true, for_xdp},
	{"skb_drop_list", true, "the list to free, or NULL: its first packet"},
	{"skb_pp_cow_data", true, for_xdp},
	{"sonic_alloc_rb", false, allocated},
	{"st_nci_i2c_read", false, allocated},
	{"st_nci_spi_read", false, allocated},
	{"tap_handle_frame", true, handler},
	{"tcmu_netlink_event_init", false, allocated},
	{"team_handle_frame", true, handler},
	{"tigon3_dma_hwbug_workaround", true, to_send},
	{"tipc_buf_append", true, "the first fragment, or NULL; the next is in the other argument"},
	{"tipc_crypto_rcv", true, "the message to decrypt"},
	{"tipc_crypto_rcv_complete", true, "the message decrypted"},
	{"tipc_crypto_xmit", true, "the message to encrypt"},
	{"tipc_disc_create", false, allocated},
	{"tipc_msg_reverse", true, "the message to send back; replaced by the reply"},
	{"tipc_msg_validate", true, "the message to check; replaced where it is copied"},
	{"velocity_rx_copy", true, copybreak},
	{"veth_convert_skb_to_xdp_buff", true, for_xdp},
	{"virt_wifi_rx_handler", true, handler},
	{"vlan_do_receive", true,
	 "the packet received; replaced where its VLAN tag cannot be removed in place"},
	{"vmxnet3_process_xdp", false, allocated},
	{"vmxnet3_process_xdp_small", false, allocated},
	{"wsm_handle_rx", true, "the frame received; replaced by NULL where it is kept"},
	{"wsm_receive_indication", true, "the frame received; replaced by NULL where it is kept"},
	{"wx_get_rx_buffer", false, ring},
	{"xdp_recv_frames", false, allocated},
};
/* clang-format on */

const size_t nr_indirects = sizeof(indirects) / sizeof(indirects[0]);

static int cmp_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct indirect *)entry)->name);
}

const char *indirect_objection(const char *name)
{
	const struct indirect *e =
		bsearch(name, indirects, nr_indirects, sizeof(indirects[0]), cmp_name);

	if (!e)
		return "its struct sk_buff ** need not lead to a packet when it is called";
	return e->is_input ? NULL : e->why;
}
